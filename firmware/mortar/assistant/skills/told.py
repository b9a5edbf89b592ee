"""Timers and alarms in words, and the lengths and times that people say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from mortar.assistant.skills import what_time, words
from mortar.clock import Moment
from mortar.reminders import AtClock, Countdown, Kind, Reminder, left_s, local_time

MOST = 20
"""Of timers and alarms together: nobody can keep more in mind."""

FULL = "I keep twenty timers and alarms already. Cancel one first."

LATE_s = 30.0
"""What rings later than this says so: nobody heard it in time."""

UNITS_s = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

HALF_DAY_min = 720
MORNING_min = 5 * 60
"""An hour of tomorrow that may be either is the first of them from here on."""


def length_s(slots: Mapping[str, str]) -> int:
    """Of the slots of a duration; 0 where there are none."""
    each = {"span": 1, "hours": 3_600, "minutes": 60, "seconds": 1}
    return sum(int(slots[name]) * seconds for name, seconds in each.items() if name in slots)


def duration(seconds: float, *, roughly: bool = False) -> str:
    """For example "one hour and thirty minutes". Roughly is the two largest units, or one where that is
    ten or more: nobody wants to hear how many seconds an hour has left."""
    rest = max(1, round(seconds))
    parts: list[tuple[int, str]] = []
    for length, unit in UNITS_s:
        n, rest = divmod(rest, length)
        parts += [(n, unit)] if n else []
    if roughly:
        parts = parts[: 1 if parts[0][0] >= 10 else 2]
    return listed([counted(n, unit) for n, unit in parts])


def counted(n: int, unit: str) -> str:
    return f"{words.cardinal(min(n, 100))} {unit}{'' if n == 1 else 's'}"


def listed(parts: Sequence[str]) -> str:
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


def clock_time(held: Reminder, now: Moment) -> datetime:
    """What the wall clock will show when it rings."""
    return local_time(Moment(now.wall_s + left_s(held, now), now.up_s, now.boot))


def minutes_of_day(slots: Mapping[str, str]) -> list[int]:
    """The times that the slots of a clock time may mean, in minutes from midnight: two, or one where the
    part of the day is said."""
    if "moment" in slots:
        return [int(slots["moment"]) * 60]
    shown = (int(slots["hour"]) % 12 * 60 + int(slots.get("minute", "0"))) % HALF_DAY_min
    both = [shown, shown + HALF_DAY_min]
    match slots.get("part", "").split():
        case [*_, "morning"]:
            return both[:1]
        case [*_, "afternoon"]:
            return both[1:]
        case ["night"]:
            # Six and later in the evening, earlier after midnight.
            return both[1:] if shown >= HALF_DAY_min // 2 else both[:1]
        case _:
            return both


def is_tomorrow(slots: Mapping[str, str]) -> bool:
    return "day" in slots or slots.get("part", "").startswith("tomorrow")


def likely(minutes: Collection[int]) -> int:
    """Of the times of a day that were meant, the one that people are awake for."""
    return min((at for at in minutes if at >= MORNING_min), default=min(minutes))


def timer(held: Reminder) -> str:
    """For example "pasta timer" or "ten minute timer"."""
    if held.name:
        return f"{held.name} timer"
    assert isinstance(held.when, Countdown), "a timer counts down"
    length = duration(held.when.length_s)
    return f"timer of {length}" if " and " in length else f"{length.removesuffix('s')} timer"


def when(held: Reminder, now: Moment) -> str:
    """For example "for half past six in the morning, tomorrow"; of what was snoozed, "in five minutes"."""
    if isinstance(held.when, Countdown):
        return f"in {duration(left_s(held, now), roughly=True)}"
    at = clock_time(held, now)
    days = at.date() - local_time(now).date()
    return f"for {what_time.phrase(at)}{', tomorrow' if days == timedelta(days=1) else ''}"


def ringing_now(ringing: Iterable[Reminder], now: Moment) -> str:
    """What is said between the beeps."""
    return " ".join(_ringing(held, now) for held in ringing)


def _ringing(held: Reminder, now: Moment) -> str:
    late_s = -left_s(held, now)
    late = duration(late_s, roughly=True) if late_s > LATE_s else ""
    if held.kind is Kind.TIMER:
        return f"Your {timer(held)} ran out {late} ago." if late else f"Your {timer(held)} is done."
    if not words.is_set(local_time(now)):
        return "This is your alarm."
    if late and isinstance(held.when, AtClock):
        return f"Your alarm for {what_time.phrase(held.when.local)} was due {late} ago."
    return f"This is your alarm. It is {what_time.phrase(local_time(now))}."
