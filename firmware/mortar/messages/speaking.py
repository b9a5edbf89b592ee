"""Between assistant and voice: what sounds."""

from __future__ import annotations

from mortar.messages.base import Message


class Say(Message, frozen=True):
    turn: int
    index: int
    text: str
    recording: str = ""
    """Name of a file in the notes' folder, to be played instead of a text."""


class Chime(Message, frozen=True):
    """Play an earcon: a name in `bricks.earcons.EARCONS`."""

    name: str
    turn: int


class Hush(Message, frozen=True):
    """Stop sounding now, forget what is queued."""


class Hold(Message, frozen=True):
    """Fall silent, and keep what is unsaid, until `GoOn` or `Hush`."""


class GoOn(Message, frozen=True):
    """Say what was held, from where it fell silent."""


class SetVolume(Message, frozen=True):
    """Turn the mixer to `percent`, or by it where `is_step`; where `is_least`, only if it is below."""

    turn: int
    percent: int
    is_step: bool
    is_least: bool = False


class VolumeSet(Message, frozen=True):
    """How loud the speaker is now, 0..100; None where there is no mixer, or it failed."""

    turn: int
    percent: int | None


class SoundBegan(Message, frozen=True):
    """The first audible sample of a sentence or an earcon is at the speaker."""

    turn: int
    index: int | None
    """None for an earcon."""
    t_ms: float


class Said(Message, frozen=True):
    turn: int
    index: int | None
    hushed: bool
    t_ms: float
    played: float = 0.0
    """Of a sentence that was hushed, the share of its sound that was heard, 0..1."""
