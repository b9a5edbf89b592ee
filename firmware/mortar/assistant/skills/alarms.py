"""Alarms: by the clock, once. Where the part of the day is not said, the next time that hour is shown."""

from __future__ import annotations

from collections.abc import Sequence

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.assistant.skills.told import (
    MOST,
    clock_time,
    is_tomorrow,
    length_s,
    likely,
    minutes_of_day,
    sentence,
    when,
)
from mortar.clock import is_set
from mortar.reminders import Change, Kind, Reminder, countdown, left_s, next_at, tomorrow_at


def put(request: SkillRequest) -> SkillAnswer:
    if not is_set(request.now):
        return request.answer("alarms.clock_not_set")
    minutes = minutes_of_day(request.slots)
    if is_tomorrow(request.slots):
        at = tomorrow_at(likely(minutes), request.moment)
    else:
        at = next_at(minutes, request.moment)
    made = Reminder(Kind.ALARM, "", at)
    if any(held.when == at for held in _alarms(request)):
        return request.answer("alarms.already", when=_when(made, request))
    return _put(request, made, request.language.say("alarms.put", when=_when(made, request)))


def put_in(request: SkillRequest) -> SkillAnswer:
    """ "Wake me in twenty minutes": by the clock that nobody sets."""
    seconds = length_s(request.slots)
    made = Reminder(Kind.ALARM, "", countdown(seconds, request.moment))
    text = request.language.say("alarms.put_in", duration=request.language.duration(seconds))
    return _put(request, made, text)


def tell(request: SkillRequest) -> SkillAnswer:
    there = sorted(_alarms(request), key=lambda held: left_s(held, request.moment))
    if not there:
        return request.answer("alarms.none")
    return SkillAnswer(
        sentence(request.language.say("alarms.set", n=len(there), times=_times(there, request)))
    )


def cancel(request: SkillRequest) -> SkillAnswer:
    """The one that rings, or the one that was meant; where it might be several, they are asked for."""
    ringing = [held for held in request.ringing if held.kind is Kind.ALARM]
    if ringing:
        return SkillAnswer("", change=Change(remove=ringing))
    there = _alarms(request)
    if not there:
        return request.answer("alarms.none")
    meant = [held for held in there if _is_meant(held, request)]
    if not meant:
        return request.answer("alarms.none_then")
    if len(meant) > 1:
        return request.answer("alarms.which", n=len(meant), times=_times(meant, request))
    text = request.language.say("alarms.cancelled", when=_when(meant[0], request))
    return SkillAnswer(text, change=Change(remove=meant))


def cancel_all(request: SkillRequest) -> SkillAnswer:
    there = _alarms(request)
    if not there:
        return request.answer("alarms.none")
    text = request.language.say("alarms.cancelled_all", n=len(there))
    return SkillAnswer(text, change=Change(remove=there))


def _put(request: SkillRequest, made: Reminder, text: str) -> SkillAnswer:
    if len(request.reminders) >= MOST:
        return request.answer("reminders.full")
    return SkillAnswer(text, change=Change(add=[made]))


def _alarms(request: SkillRequest) -> Sequence[Reminder]:
    return [held for held in request.reminders if held.kind is Kind.ALARM]


def _when(held: Reminder, request: SkillRequest) -> str:
    return when(held, request.moment, request.language)


def _times(alarms: Sequence[Reminder], request: SkillRequest) -> str:
    return request.language.listed([_when(held, request) for held in alarms])


def _is_meant(held: Reminder, request: SkillRequest) -> bool:
    """Of the time that was said; any where none was."""
    if not {"hour", "moment"} & request.slots.keys():
        return True
    at = clock_time(held, request.moment)
    return at.hour * 60 + at.minute in minutes_of_day(request.slots)
