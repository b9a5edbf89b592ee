"""Notes: taken, told with the newest first, and forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from mortar.assistant.skills.skill import NoteChange, SkillAnswer, SkillRequest, ToldNote
from mortar.assistant.skills.told import sentence
from mortar.clock import Moment, is_set
from mortar.notes import MOST, Note
from mortar.reminders import local_time

MOST_TOLD = 5
"""In one go: more nobody wants to hear."""


def take(request: SkillRequest) -> SkillAnswer:
    """In one sentence, where the words were dictated; else it is asked for."""
    if len(request.notes) >= MOST:
        return request.answer("notes.full")
    if note := request.slots.get("note"):
        return SkillAnswer(request.language.say("notes.remembered"), notes=NoteChange(keep=note))
    return SkillAnswer(request.language.say("notes.ask"), asks_for_note=True)


def tell(request: SkillRequest) -> SkillAnswer:
    if not request.notes:
        return request.answer("notes.none")
    say, n = request.language.say, len(request.notes)
    text = say("notes.there_are", n=n)
    if n > MOST_TOLD:
        newest = say("notes.newest", most=request.language.cardinal(MOST_TOLD))
        text = f"{text} {newest} {say('notes.others')}"
    return SkillAnswer(text, tell=_told(request.notes, request))


def tell_older(request: SkillRequest) -> SkillAnswer:
    """Than the one that is at hand."""
    at_hand = request.note_at_hand
    if at_hand is None:
        return tell(request)
    older = [note for note in request.notes if note.number < at_hand.number]
    if not older:
        return request.answer("notes.no_older")
    text = request.language.say("notes.older", n=len(older))
    if len(older) > MOST_TOLD:
        text = f"{text} {request.language.say('notes.others')}"
    return SkillAnswer(text, tell=_told(older, request))


def forget(request: SkillRequest) -> SkillAnswer:
    """The one that was just taken or told; people say "forget it" also when they mean "never mind"."""
    if request.note_at_hand is not None:
        return _forget_one(request.note_at_hand, request)
    return request.answer("notes.which") if request.notes else request.answer("notes.none")


def forget_last(request: SkillRequest) -> SkillAnswer:
    return _forget_one(request.notes[-1], request) if request.notes else request.answer("notes.none")


def forget_all(request: SkillRequest) -> SkillAnswer:
    if not request.notes:
        return request.answer("notes.none")
    text = request.language.say("notes.forgotten_all", n=len(request.notes))
    return SkillAnswer(text, notes=NoteChange(forget=request.notes))


def _forget_one(note: Note, request: SkillRequest) -> SkillAnswer:
    text = request.language.say("notes.forgotten", when=_when(note, request))
    return SkillAnswer(text, notes=NoteChange(forget=[note]))


def _told(notes: Sequence[Note], request: SkillRequest) -> list[ToldNote]:
    """The newest of them, that one first."""
    say = request.language.say
    return [
        ToldNote(say("notes.told", when=sentence(_when(note, request)), note=note.text).rstrip(), note)
        for note in notes[: -MOST_TOLD - 1 : -1]
    ]


def _when(note: Note, request: SkillRequest) -> str:
    """For example "yesterday, at ten past nine in the morning"."""
    language, now, made = request.language, request.now, local_time(Moment(note.kept_s, 0.0, ""))
    if not (is_set(made) and is_set(now)):
        return language.say("notes.some_time_ago")
    time = language.time(made)
    match (now.date() - made.date()).days:
        case 0:
            return language.say("notes.today", time=time)
        case 1:
            return language.say("notes.yesterday", time=time)
        case _:
            return language.say("notes.then", day=language.day(made), time=time)
