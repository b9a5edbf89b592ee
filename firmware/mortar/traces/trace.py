"""A trace: one turn as it was, from what began it to its end, so that it can be shown and played again.

Times are ms from the wake word (or whatever began the turn).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from mortar.assistant.past import Past
from mortar.clock import Moment
from mortar.messages import Event, Plain
from mortar.settings import Assistant

SCHEMA = 1
"""Of what is written today. Raise it where older programs could not read that."""

PLAIN_STRINGS = frozenset({"code", "kind", "stage", "trouble", "word"})
"""Data of events that is no word of anybody's, whatever its value."""


BEGINNINGS = frozenset({"press", "speech_start", "typed", "wake"})
"""Events that begin a turn. They come before what they interrupt is over, and belong to what follows."""


class Part(StrEnum):
    """How much of what a cue led to belongs to the turn: one cue may end a turn and begin the next."""

    WHOLE = "whole"
    HEAD = "head"
    """What followed belongs to the next turn."""
    TAIL = "tail"
    """What came before belongs to the turn before."""


class Sent(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    to: str
    message: Plain
    refused: bool = False
    """There was no link to that process."""


def begins(did: object) -> bool:
    return isinstance(did, Event) and did.event in BEGINNINGS


class Cue(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that the conversation was told, and all that it did at once."""

    at_ms: float
    sender: str
    message: Plain | None
    """None where words are not kept."""
    does: list[Sent | Event]
    part: Part = Part.WHOLE
    clock: Moment | None = None
    """The clocks, where they were looked at."""


class Script(msgspec.Struct, frozen=True):
    """What a replay needs besides the cues."""

    turn: int
    settings: Assistant
    past: Past


class Trace(msgspec.Struct, frozen=True):
    schema: int
    began: datetime
    version: str
    """Of Mortar."""
    board: str
    model: str
    placement: dict[str, str]
    """What ran where: {"vision": "tflite/cpu"}."""
    heard: str | None
    intent: str | None
    answer: str | None
    """What was given to the voice."""
    trouble: str | None
    """Code of what went wrong."""
    ends_ms: float
    cues: list[Cue]
    script: Script | None
    """None where the trace cannot be replayed: it has no words, was too long, or began while it rang."""

    @property
    def events(self) -> list[Event]:
        """What people notice, with the "exchange" that ends it."""
        told = [did for cue in self.cues for did in cue.does if isinstance(did, Event)]
        said = {"heard": self.heard, "intent": self.intent, "answer": self.answer}
        return [*told, Event("exchange", self.ends_ms, {**said, "trouble": self.trouble})]

    @property
    def wait_ms(self) -> float | None:
        """From the end of the question (or the press, or the typing) to the first sound, if any."""
        asked_ms: float | None = None
        for event in self.events:
            if event.event in ("press", "speech_end", "typed"):
                asked_ms = event.t_ms
            elif event.event == "first_sound" and asked_ms is not None:
                return round(event.t_ms - asked_ms, 1)
        return None


def without_words(trace: Trace) -> Trace:
    """The same with nothing in it that anybody said: stages, times, codes."""
    cues = [
        msgspec.structs.replace(
            cue, message=None, does=[_wordless(did) for did in cue.does if isinstance(did, Event)]
        )
        for cue in trace.cues
    ]
    return msgspec.structs.replace(trace, heard=None, intent=None, answer=None, script=None, cues=cues)


def _wordless(event: Event) -> Event:
    data = {
        key: value for key, value in event.data.items() if not isinstance(value, str) or key in PLAIN_STRINGS
    }
    return msgspec.structs.replace(event, data=data)
