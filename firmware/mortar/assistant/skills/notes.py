"""Notes: taken, told with the newest first, and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mortar.assistant.skills import what_time, words
from mortar.assistant.skills.skill import NoteChange, SkillAnswer, SkillRequest, ToldNote
from mortar.assistant.skills.told import counted
from mortar.clock import Moment
from mortar.notes import MOST, Note
from mortar.reminders import local_time

MOST_TOLD = 5
"""In one go: more nobody wants to hear."""

ASK = "What shall I remember?"
REMEMBERED = "I will remember that."
NOTHING_HEARD = "I heard nothing to remember."
NOTHING_KEPT = "I remember nothing new."
NONE = "You have not asked me to remember anything."
FULL = "I remember a hundred things already. Tell me to forget some first."
NO_OLDER = "There are no older notes."
WHICH = "To forget a note, say, forget the last note."


def take(request: SkillRequest) -> SkillAnswer:
    """In one sentence, where the words were dictated; else it is asked for."""
    if len(request.notes) >= MOST:
        return SkillAnswer(FULL)
    if note := request.slots.get("note"):
        return SkillAnswer(REMEMBERED, notes=NoteChange(keep=note))
    return SkillAnswer(ASK, asks_for_note=True)


def tell(request: SkillRequest) -> SkillAnswer:
    n = len(request.notes)
    if n == 0:
        return SkillAnswer(NONE)
    some = "" if n <= MOST_TOLD else f" These are the newest {words.cardinal(MOST_TOLD)}. {_others()}"
    return SkillAnswer(
        f"You asked me to remember {counted(n, 'thing')}.{some}", tell=_told(request.notes, request.now)
    )


def tell_older(request: SkillRequest) -> SkillAnswer:
    """Than the one that is at hand."""
    at_hand = request.note_at_hand
    if at_hand is None:
        return tell(request)
    older = [note for note in request.notes if note.number < at_hand.number]
    if not older:
        return SkillAnswer(NO_OLDER)
    others = f" {_others()}" if len(older) > MOST_TOLD else ""
    return SkillAnswer(
        f"There {'is' if len(older) == 1 else 'are'} {counted(len(older), 'older note')}.{others}",
        tell=_told(older, request.now),
    )


def forget(request: SkillRequest) -> SkillAnswer:
    """The one that was just taken or told; people say "forget it" also when they mean "never mind"."""
    if request.note_at_hand is None:
        return SkillAnswer(WHICH if request.notes else NONE)
    return _forget_one(request.note_at_hand, request.now)


def forget_last(request: SkillRequest) -> SkillAnswer:
    return _forget_one(request.notes[-1], request.now) if request.notes else SkillAnswer(NONE)


def forget_all(request: SkillRequest) -> SkillAnswer:
    if not request.notes:
        return SkillAnswer(NONE)
    told = f"I have forgotten {counted(len(request.notes), 'note')}, all there were."
    return SkillAnswer(told, notes=NoteChange(forget=request.notes))


def _forget_one(note: Note, now: datetime) -> SkillAnswer:
    made = _when(note, now)
    told = f"I have forgotten what you said {made[0].lower()}{made[1:]}."
    return SkillAnswer(told, notes=NoteChange(forget=[note]))


def _others() -> str:
    return "For the others, say, read older notes."


def _told(notes: Sequence[Note], now: datetime) -> list[ToldNote]:
    """The newest of them, that one first."""
    newest = notes[: -MOST_TOLD - 1 : -1]
    return [ToldNote(f"{_when(note, now)}, you said: {note.text}".rstrip(), note) for note in newest]


def _when(note: Note, now: datetime) -> str:
    """For example "Yesterday, at ten past nine in the morning"."""
    made = local_time(Moment(note.kept_s, 0.0, ""))
    if not (words.is_set(made) and words.is_set(now)):
        return "Some time ago"
    match (now.date() - made.date()).days:
        case 0:
            day = "Today"
        case 1:
            day = "Yesterday"
        case _:
            day = f"On {words.day(made)}"
    return f"{day}, at {what_time.phrase(made)}"
