"""Timers: set, asked for and cancelled, by name, by length, or the one there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.assistant.skills.told import FULL, MOST, counted, duration, length_s, listed, timer
from mortar.reminders import Change, Countdown, Kind, Reminder, countdown, left_s

NONE = "No timer is set."


def put(request: SkillRequest) -> SkillAnswer:
    """A name has one timer: said again, it begins anew."""
    seconds = length_s(request.slots)
    name = request.slots.get("name", "")
    same = [held for held in _timers(request) if name and held.name == name]
    if len(request.reminders) - len(same) >= MOST:
        return SkillAnswer(FULL)
    made = Reminder(Kind.TIMER, name, countdown(seconds, request.moment))
    change = Change(remove=same, add=[made])
    what = f"The {name} timer" if name else "A timer"
    return SkillAnswer(f"{what} is {'now' if same else 'set for'} {duration(seconds)}.", change=change)


def left(request: SkillRequest) -> SkillAnswer:
    """How much time each of those that were meant has left."""
    meant = sorted(_meant(request), key=lambda held: left_s(held, request.moment))
    if not meant:
        return SkillAnswer(_none(request.slots))
    told = [
        f"the {timer(held)} has {duration(left_s(held, request.moment), roughly=True)} left" for held in meant
    ]
    text = listed(told)
    return SkillAnswer(f"{text[0].upper()}{text[1:]}.")


def cancel(request: SkillRequest) -> SkillAnswer:
    """The one that rings, or the one that was meant; where it might be several, they are asked for."""
    ringing = _matching(request.ringing, request.slots)
    if ringing:
        return SkillAnswer("", change=Change(remove=ringing))
    meant = _meant(request)
    if not meant:
        return SkillAnswer(_none(request.slots))
    if len(meant) > 1:
        which = listed([f"the {timer(held)}" for held in meant])
        return SkillAnswer(f"There is {which}. Say which, or, cancel all timers.")
    return SkillAnswer(f"The {timer(meant[0])} is cancelled.", change=Change(remove=meant))


def cancel_all(request: SkillRequest) -> SkillAnswer:
    there = _timers(request)
    if not there:
        return SkillAnswer(NONE)
    return SkillAnswer(f"I cancelled {counted(len(there), 'timer')}.", change=Change(remove=there))


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


def _none(slots: Mapping[str, str]) -> str:
    if name := slots.get("name"):
        return f"There is no {name} timer."
    return f"There is no timer of {duration(seconds)}." if (seconds := length_s(slots)) else NONE
