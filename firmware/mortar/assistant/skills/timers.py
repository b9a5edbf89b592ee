"""Timers: set, asked for and cancelled, by name, by length, or the one there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.assistant.skills.told import MOST, length_s, sentence, timer
from mortar.reminders import Change, Countdown, Kind, Reminder, countdown, left_s


def put(request: SkillRequest) -> SkillAnswer:
    """A name has one timer: said again, it begins anew."""
    seconds = length_s(request.slots)
    name = request.slots.get("name", "")
    same = [held for held in _timers(request) if name and held.name == name]
    if len(request.reminders) - len(same) >= MOST:
        return request.answer("reminders.full")
    made = Reminder(Kind.TIMER, name, countdown(seconds, request.moment))
    say, duration = request.language.say, request.language.duration(seconds)
    if same:
        text = say("timers.put_again", name=name, duration=duration)
    elif name:
        text = say("timers.put_named", name=name, duration=duration)
    else:
        text = say("timers.put", duration=duration)
    return SkillAnswer(text, change=Change(remove=same, add=[made]))


def left(request: SkillRequest) -> SkillAnswer:
    """How much time each of those that were meant has left."""
    meant = sorted(_meant(request), key=lambda held: left_s(held, request.moment))
    if not meant:
        return _none(request)
    language = request.language
    each = [
        language.say(
            "timers.one_left",
            timer=timer(held, language),
            duration=language.duration(left_s(held, request.moment), roughly=True),
        )
        for held in meant
    ]
    return request.answer("timers.left", timers=sentence(language.listed(each)))


def cancel(request: SkillRequest) -> SkillAnswer:
    """The one that rings, or the one that was meant; where it might be several, they are asked for."""
    language = request.language
    ringing = _matching(request.ringing, request.slots)
    if ringing:
        return SkillAnswer("", change=Change(remove=ringing))
    meant = _meant(request)
    if not meant:
        return _none(request)
    if len(meant) > 1:
        each = [language.say("timers.one_of", timer=timer(held, language)) for held in meant]
        return request.answer("timers.which", timers=language.listed(each))
    text = language.say("timers.cancelled", timer=timer(meant[0], language))
    return SkillAnswer(text, change=Change(remove=meant))


def cancel_all(request: SkillRequest) -> SkillAnswer:
    there = _timers(request)
    if not there:
        return request.answer("timers.none")
    text = request.language.say("timers.cancelled_all", n=len(there))
    return SkillAnswer(text, change=Change(remove=there))


def _timers(request: SkillRequest) -> Sequence[Reminder]:
    return [held for held in request.reminders if held.kind is Kind.TIMER]


def _meant(request: SkillRequest) -> Sequence[Reminder]:
    return _matching(request.reminders, request.slots)


def _matching(reminders: Sequence[Reminder], slots: Mapping[str, str]) -> Sequence[Reminder]:
    """Timers of the name, or of the length, that the slots have; all where they have neither."""
    seconds = length_s(slots)
    return [
        held
        for held in reminders
        if held.kind is Kind.TIMER
        and isinstance(held.when, Countdown)
        and slots.get("name", held.name) == held.name
        and (not seconds or held.when.length_s == seconds)
    ]


def _none(request: SkillRequest) -> SkillAnswer:
    if name := request.slots.get("name"):
        return request.answer("timers.none_named", name=name)
    if seconds := length_s(request.slots):
        return request.answer("timers.none_of_length", duration=request.language.duration(seconds))
    return request.answer("timers.none")
