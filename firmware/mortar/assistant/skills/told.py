"""Timers and alarms in words, and the lengths and times that people say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from mortar.clock import Moment, is_set
from mortar.languages import Language
from mortar.languages.language import lengths
from mortar.reminders import AtClock, Countdown, Kind, Reminder, left_s, local_time

MOST = 20
"""Of timers and alarms together: nobody can keep more in mind."""

LATE_s = 30.0
"""What rings later than this says so: nobody heard it in time."""

HALF_DAY_min = 720
MORNING_min = 5 * 60
"""An hour of tomorrow that may be either is the first of them from here on."""


def length_s(slots: Mapping[str, str]) -> int:
    """Of the slots of a duration; 0 where there are none."""
    each = {"span": 1, "hours": 3_600, "minutes": 60, "seconds": 1}
    return sum(int(slots[name]) * seconds for name, seconds in each.items() if name in slots)


def clock_time(held: Reminder, now: Moment) -> datetime:
    """What the wall clock will show when it rings."""
    return local_time(Moment(now.wall_s + left_s(held, now), now.up_s, now.boot))


def minutes_of_day(slots: Mapping[str, str]) -> list[int]:
    """The times that the slots of a clock time may mean, in minutes from midnight: two, or one where the
    part of the day is said."""
    if "moment" in slots:
        return [int(slots["moment"]) * 60]
    hour, minute = int(slots["hour"]), int(slots.get("minute", "0"))
    if hour > HALF_DAY_min // 60:
        return [hour % 24 * 60 + minute]  # said of twenty-four hours
    shown = (hour % 12 * 60 + minute) % HALF_DAY_min
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


def sentence(text: str) -> str:
    """With a capital letter."""
    return f"{text[:1].upper()}{text[1:]}"


def timer(held: Reminder, language: Language) -> str:
    """For example "pasta timer" or "ten minute timer"."""
    if held.name:
        return language.say("timers.named", name=held.name)
    assert isinstance(held.when, Countdown), "a timer counts down"
    duration = language.duration(held.when.length_s)
    if len(lengths(held.when.length_s)) == 1:
        return language.say("timers.of_unit", duration=duration)
    return language.say("timers.of_units", duration=duration)


def when(held: Reminder, now: Moment, language: Language) -> str:
    """For example "for half past six in the morning, tomorrow"; of what was snoozed, "in five minutes"."""
    if isinstance(held.when, Countdown):
        duration = language.duration(left_s(held, now), roughly=True)
        return language.say("reminders.in", duration=duration)
    at = clock_time(held, now)
    if at.date() - local_time(now).date() == timedelta(days=1):
        return language.say("reminders.tomorrow", time=language.time(at))
    return language.say("reminders.at", time=language.time(at))


def ringing_now(ringing: Iterable[Reminder], now: Moment, language: Language) -> str:
    """What is said between the beeps."""
    return " ".join(_ringing(held, now, language) for held in ringing)


def _ringing(held: Reminder, now: Moment, language: Language) -> str:
    late_s = -left_s(held, now)
    late = language.duration(late_s, roughly=True) if late_s > LATE_s else None
    if held.kind is Kind.TIMER:
        what = timer(held, language)
        return language.say("timers.late", timer=what, late=late) if late else _done(what, language)
    if not is_set(local_time(now)):
        return language.say("alarms.rings")
    if late and isinstance(held.when, AtClock):
        return language.say("alarms.late", time=language.time(held.when.local), late=late)
    return language.say("alarms.rings_at", time=language.time(local_time(now)))


def _done(what: str, language: Language) -> str:
    return language.say("timers.done", timer=what)
