"""Timers and alarms: when each is due, and when to look again. Reads no clock.

A timer counts on a clock that nobody sets; once that has begun anew (a power cut), on the wall clock. An
alarm is due when the local wall clock says so, whatever was done to that clock or its zone meanwhile.

`zone` is that of the wall clock everywhere here; None is the computer's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from mortar.clock import Moment

LOOK_s = 30.0
"""The wall clock may be set at any time and tells nobody: what hangs on it is looked at so often."""

MINUTES_A_DAY = 1_440


class Kind(StrEnum):
    TIMER = "timer"
    ALARM = "alarm"


@dataclass(frozen=True)
class Countdown:
    """Due when `length_s` has gone by."""

    length_s: float
    ends: Moment

    def left_s(self, now: Moment, zone: tzinfo | None) -> float:
        if now.boot == self.ends.boot:
            return self.ends.up_s - now.up_s
        # A board whose clock begins in 1970 again would wait for years.
        return min(self.ends.wall_s - now.wall_s, self.length_s)


@dataclass(frozen=True)
class AtClock:
    """Due when the wall clock shows `local`, which has no zone; its fold counts.

    A time that the clock leaves out (summer time begins) is taken as if it had not been put forward: half
    past two is then half past three. So says RFC 5545, 3.3.5.
    """

    local: datetime

    def left_s(self, now: Moment, zone: tzinfo | None) -> float:
        return _instant(self.local, zone) - now.wall_s


@dataclass(frozen=True)
class Reminder:
    kind: Kind
    name: str
    """What people call it, "pasta"; empty where it has no name."""
    when: Countdown | AtClock
    number: int = 0
    """By which the store knows it; 0 is one that is not stored yet."""


@dataclass(frozen=True)
class Change:
    """What a skill wants of the store: all of it or nothing."""

    remove: Sequence[Reminder] = ()
    add: Sequence[Reminder] = ()


def countdown(length_s: float, now: Moment) -> Countdown:
    ends = replace(now, wall_s=now.wall_s + length_s, up_s=now.up_s + length_s)
    return Countdown(length_s, ends)


def local_time(now: Moment, zone: tzinfo | None = None) -> datetime:
    """What the wall clock shows, without its zone."""
    return datetime.fromtimestamp(now.wall_s, zone).replace(tzinfo=None)


def next_at(minutes: Collection[int], now: Moment, zone: tzinfo | None = None) -> AtClock:
    """The next time after `now` that the wall clock shows one of `minutes`, counted from midnight."""
    today = local_time(now, zone).date()
    times = [
        local
        for days in range(-1, 4)  # the clocks of some zones have left out a whole day
        for minute in minutes
        for local in _times(_at(today + timedelta(days=days), minute), zone)
    ]
    return AtClock(
        min((at for at in times if _instant(at, zone) > now.wall_s), key=lambda at: _instant(at, zone))
    )


def tomorrow_at(minute: int, now: Moment, zone: tzinfo | None = None) -> AtClock:
    return AtClock(_at(local_time(now, zone).date() + timedelta(days=1), minute))


def left_s(reminder: Reminder, now: Moment, zone: tzinfo | None = None) -> float:
    """Seconds until it is due; below 0 it has been due for so long."""
    return reminder.when.left_s(now, zone)


def due(reminders: Iterable[Reminder], now: Moment, zone: tzinfo | None = None) -> list[Reminder]:
    """Those that are to ring, the one that was due first before the others."""
    over = [held for held in reminders if left_s(held, now, zone) <= 0]
    return sorted(over, key=lambda held: left_s(held, now, zone))


def next_look_s(reminders: Iterable[Reminder], now: Moment, zone: tzinfo | None = None) -> float | None:
    """In how many seconds to ask `due` again; None where nothing is awaited."""
    left = [max(0.0, left_s(held, now, zone)) for held in reminders]
    return min([*left, LOOK_s]) if left else None


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60))


def _times(local: datetime, zone: tzinfo | None) -> list[datetime]:
    """When the wall clock shows `local`: twice in the hour that comes again as summer time ends."""
    again = local.replace(fold=1)
    is_real = datetime.fromtimestamp(_instant(again, zone), zone).replace(tzinfo=None, fold=0) == local
    return [local, again] if is_real and _instant(again, zone) > _instant(local, zone) else [local]


def _instant(local: datetime, zone: tzinfo | None) -> float:
    """Unix time."""
    return local.replace(tzinfo=zone).timestamp()
