"""Between ears, listen and assistant: what is heard, and what was said."""

from __future__ import annotations

from enum import StrEnum

from mortar.messages.base import Message
from mortar.messages.supervision import Failure

# --- assistant <-> ears -----------------------------------------------------------------------


class Listen(Message, frozen=True):
    """Take the next speech as the question of `turn`, with no wake word needed."""

    turn: int
    patience_ms: int | None = None
    """How long to wait for it; None is the patience after a wake word."""
    pause_ms: int | None = None
    """Silence that ends it, whatever was said; None is what the settings have for that."""


class Rest(Message, frozen=True):
    """The turn is over: wait for the wake word again."""


class Speaking(Message, frozen=True):
    """What the assistant itself is saying from now on, so that nobody takes it for a person."""

    text: str | None
    """The sentence that has begun to sound; empty: it has fallen silent. None is a recording, of which
    nobody knows the words."""


class MicrophoneOpened(Message, frozen=True):
    """Sample 0 was taken at `t_ms`."""

    t_ms: float


class WakeHeard(Message, frozen=True):
    word: str
    score: float
    end_sample: int
    t_ms: float


class SpeechBegan(Message, frozen=True):
    from_sample: int
    t_ms: float


class SpeechEnded(Message, frozen=True):
    """The endpointer closed the utterance that ears handed to listen."""

    utterance: int
    from_sample: int
    to_sample: int
    t_ms: float
    in_own_speech: bool = False
    """All of it sounded while the assistant itself was heard: it may be its echo."""


class StopHeard(Message, frozen=True):
    """Somebody said "stop", or what means the same, into the assistant's own speech."""

    phrase: str
    end_sample: int
    t_ms: float


class SpokenOver(Message, frozen=True):
    """Whether somebody speaks over the assistant just now, or what they said is being judged."""

    is_so: bool
    t_ms: float


class NoSpeech(Message, frozen=True):
    """Woken (or pressed), but nobody spoke."""

    t_ms: float


class SoundEnded(Message, frozen=True):
    """The recording that plays the microphone has ended."""

    t_ms: float


# --- ears <-> listen (over the audio ring's link) ---------------------------------------------


class AudioOffer(Message, frozen=True):
    """The audio ring's memory (its descriptor travels along): int16 mono, `capacity` samples."""

    capacity: int
    rate_Hz: int


class Audio(Message, frozen=True):
    """Samples [from_sample, to_sample) of `utterance` are in the ring; `last` closes it."""

    utterance: int
    from_sample: int
    to_sample: int
    last: bool


class SpeechPaused(Message, frozen=True):
    """The person may have ended: what was passed on is all of `utterance`, unless more Audio follows."""

    utterance: int
    to_sample: int


class Outlook(StrEnum):
    """Whether a person who has said so much can have ended."""

    CLOSED = "closed"
    """A whole sentence, and no sentence goes on from here."""
    OPEN = "open"
    """A whole sentence that may go on, or no telling."""
    UNFINISHED = "unfinished"
    """No sentence yet."""


class SpeechJudged(Message, frozen=True):
    """What `utterance` was up to its pause at `to_sample`; out of date once more is said."""

    utterance: int
    to_sample: int
    outlook: Outlook


class Remark(Message, frozen=True):
    """Somebody spoke over the assistant: samples [from_sample, to_sample) are in the ring, and those
    from `loud_from` to `loud_to` are louder than its echo. It takes the place of the one before."""

    number: int
    from_sample: int
    to_sample: int
    loud_from: int
    loud_to: int


class Remarked(Message, frozen=True):
    """Whether remark `number` was a phrase that stops the assistant; `phrase` is None where it was not."""

    number: int
    phrase: str | None


class AudioTaken(Message, frozen=True):
    """The reader has copied everything below `to_sample`."""

    utterance: int
    to_sample: int


class AudioLost(Message, frozen=True):
    """The writer overwrote samples of `utterance` before they were taken."""

    utterance: int


# --- listen <-> assistant ----------------------------------------------------------------------


class Partial(Message, frozen=True):
    """What was said so far; each replaces the one before it, and Heard replaces them all."""

    utterance: int
    text: str
    t_ms: float


class Heard(Message, frozen=True):
    """What was said; `text` is None where the recogniser rejects it, or could not do its work."""

    utterance: int
    text: str | None
    confidence: float
    t_ms: float
    failure: Failure | None = None
    """Why it could not."""
    is_dictated: bool = False
    """They may be any words; otherwise it is the likeliest sentence of the templates."""


class KeepNote(Message, frozen=True):
    """To listen: write down the sound of `utterance`, the one that it told of last."""

    turn: int
    utterance: int


class KeepSound(Message, frozen=True):
    """To listen: put the sound of `utterance`, one of the last, beside the trace of `run`."""

    utterance: int
    run: int


class NoteKept(Message, frozen=True):
    """The recording is on the disk, under that name in the notes' folder."""

    turn: int
    file: str
