"""Alarms: by the clock, once. Where the part of the day is not said, the next time that hour is shown."""

from __future__ import annotations

from collections.abc import Sequence

from mortar.assistant.skills import words
from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.assistant.skills.told import (
    FULL,
    MOST,
    clock_time,
    counted,
    duration,
    is_tomorrow,
    length_s,
    likely,
    listed,
    minutes_of_day,
    when,
)
from mortar.reminders import Change, Kind, Reminder, countdown, left_s, next_at, tomorrow_at

NONE = "No alarm is set."
CLOCK_NOT_SET = "My clock has not been set, so I cannot wake you at a time."


def put(request: SkillRequest) -> SkillAnswer:
    if not words.is_set(request.now):
        return SkillAnswer(CLOCK_NOT_SET)
    minutes = minutes_of_day(request.slots)
    if is_tomorrow(request.slots):
        at = tomorrow_at(likely(minutes), request.moment)
    else:
        at = next_at(minutes, request.moment)
    made = Reminder(Kind.ALARM, "", at)
    if any(held.when == at for held in _alarms(request)):
        return SkillAnswer(f"An alarm is set already {when(made, request.moment)}.")
    return _put(request, made, f"An alarm is set {when(made, request.moment)}.")


def put_in(request: SkillRequest) -> SkillAnswer:
    """ "Wake me in twenty minutes": by the clock that nobody sets."""
    seconds = length_s(request.slots)
    made = Reminder(Kind.ALARM, "", countdown(seconds, request.moment))
    return _put(request, made, f"I wake you in {duration(seconds)}.")


def tell(request: SkillRequest) -> SkillAnswer:
    there = sorted(_alarms(request), key=lambda held: left_s(held, request.moment))
    if not there:
        return SkillAnswer(NONE)
    times = listed([when(held, request.moment) for held in there])
    is_one = len(there) == 1
    return SkillAnswer(
        f"{counted(len(there), 'alarm').capitalize()} {'is' if is_one else 'are'} set, {times}."
    )


def cancel(request: SkillRequest) -> SkillAnswer:
    """The one that rings, or the one that was meant; where it might be several, they are asked for."""
    ringing = [held for held in request.ringing if held.kind is Kind.ALARM]
    if ringing:
        return SkillAnswer("", change=Change(remove=ringing))
    there = _alarms(request)
    if not there:
        return SkillAnswer(NONE)
    meant = [held for held in there if _is_meant(held, request)]
    if not meant:
        return SkillAnswer("There is no alarm for that time.")
    if len(meant) > 1:
        times = listed([when(held, request.moment) for held in meant])
        return SkillAnswer(f"There are {counted(len(meant), 'alarm')}, {times}. Say which.")
    return SkillAnswer(
        f"The alarm {when(meant[0], request.moment)} is cancelled.", change=Change(remove=meant)
    )


def cancel_all(request: SkillRequest) -> SkillAnswer:
    there = _alarms(request)
    if not there:
        return SkillAnswer(NONE)
    return SkillAnswer(f"I cancelled {counted(len(there), 'alarm')}.", change=Change(remove=there))


def _put(request: SkillRequest, made: Reminder, text: str) -> SkillAnswer:
    if len(request.reminders) >= MOST:
        return SkillAnswer(FULL)
    return SkillAnswer(text, change=Change(add=[made]))


def _alarms(request: SkillRequest) -> Sequence[Reminder]:
    return [held for held in request.reminders if held.kind is Kind.ALARM]


def _is_meant(held: Reminder, request: SkillRequest) -> bool:
    """Of the time that was said; any where none was."""
    if not {"hour", "moment"} & request.slots.keys():
        return True
    at = clock_time(held, request.moment)
    return at.hour * 60 + at.minute in minutes_of_day(request.slots)
