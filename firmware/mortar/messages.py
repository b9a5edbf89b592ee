"""Every message that crosses a process boundary, declared once.

Messages are small and typed (msgspec, MessagePack on the wire). Payload (audio, pictures,
embeddings) never travels here: it lies in shared memory, and a message says where. Times are
`clock.now_ms()` milliseconds, sample positions count 16 kHz samples since the microphone opened.
"""

from __future__ import annotations

from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

import msgspec

from mortar.privacy import Closed, Device
from mortar.settings import RunOptions, Settings
from mortar.slowdowns import Figures

Scalar = str | int | float | bool | None


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of all messages; the class name is the tag on the wire."""


# --- supervisor -> worker ---------------------------------------------------------------------


class Start(Message, frozen=True):
    """First message a worker gets: who it is, and how this run is configured."""

    name: str
    settings: Settings
    run: RunOptions
    restarts: int
    """How often this worker was started before; above 0 it comes back from a death."""
    started_ms: float
    """When this run of Mortar started: the zero of the times that people see."""


class Wire(Message, frozen=True):
    """A new link to `peer`: its socket travels with this message."""

    peer: str
    generation: int


class PeerGone(Message, frozen=True):
    """`peer` has ended for certain (it was reaped): what it held may be reused."""

    peer: str
    generation: int


class LinkLost(Message, frozen=True):
    """Made inside a worker, never sent: the link closed. PeerGone follows once `peer` has ended."""

    peer: str
    generation: int


class Abort(Message, frozen=True):
    """Give up the job: it is past its deadline."""

    job: int


class AllReady(Message, frozen=True):
    """Every process that this run needs has come up (or was given up), this one among them."""


class Stop(Message, frozen=True):
    """End in an orderly way."""


class Privacy(Message, frozen=True):
    """Which devices stay closed from now on; the first one comes right after Start.

    Whoever opens a device opens it only after this has said so, and answers `PrivacyObeyed`. To the
    assistant it is news: it is so.
    """

    closed: Closed
    number: int
    """Counts the changes of a run."""
    trouble: str = ""
    """Code of what went wrong with the last change, where something did."""


# --- worker -> supervisor ---------------------------------------------------------------------


class Ready(Message, frozen=True):
    """The worker has loaded what it needs and serves."""

    placement: dict[str, str]
    """What runs where, for people: {"vision": "tflite/cpu"}."""


class JobBegan(Message, frozen=True):
    """Work began that must end within `deadline_ms`."""

    job: int
    what: str
    deadline_ms: float


class JobEnded(Message, frozen=True):
    job: int


class Report(Message, frozen=True):
    """Figures for `mortar status`; each replaces what this worker reported before."""

    figures: dict[str, Scalar]


class Failure(Message, frozen=True):
    """Something failed that people should know; the worker says before it ends, or goes on."""

    code: str
    what: str
    do: str
    turn: int | None = None


class Event(Message, frozen=True):
    """A conversation event: stage starts and ends, wake, speech, first sound, done."""

    event: str
    t_ms: float
    data: dict[str, Scalar] = {}


class PrivacyObeyed(Message, frozen=True):
    """What Privacy `number` closes is closed in this process."""

    number: int


class Finished(Message, frozen=True):
    """The run is over (`--once`, or the recording has ended)."""

    result: dict[str, Scalar | dict[str, str]]
    failure: Failure | None = None


# --- supervisor -> assistant ------------------------------------------------------------------


class Placed(Message, frozen=True):
    """What runs where at present; each replaces the one before it."""

    units: dict[str, str]
    """For people: {"vision": "tflite/cpu"}."""


class Examined(Message, frozen=True):
    """The answer to Examine."""

    turn: int
    figures: Figures


class Press(Message, frozen=True):
    """The button: "short", "double" or "long"."""

    kind: str


class Typed(Message, frozen=True):
    """A question, in writing."""

    text: str


# --- assistant -> supervisor, and over the status socket --------------------------------------


class Switch(Message, frozen=True):
    """Switch a device on or off for privacy."""

    device: Device
    is_on: bool


class Examine(Message, frozen=True):
    """Look how the board and the processes are, for `turn`."""

    turn: int


# --- made inside the assistant, never sent ----------------------------------------------------


class Overdue(Message, frozen=True):
    """Nothing came until the conversation's `deadline_ms`."""


class ThreadLost(Message, frozen=True):
    """The assistant itself died in the middle of a run, and is back."""


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


class NoteKept(Message, frozen=True):
    """The recording is on the disk, under that name in the notes' folder."""

    turn: int
    file: str


# --- assistant <-> eye ------------------------------------------------------------------------


class Look(Message, frozen=True, omit_defaults=True):
    """Take a frame now, encode it, hand it to the language brick."""

    turn: int
    keep: bool = False
    """As a photo, which somebody asked for."""


class Looked(Message, frozen=True, omit_defaults=True):
    turn: int
    frame: int
    n_tok: int
    encode_ms: float
    t_ms: float
    photo: str | None = None
    """The photo's file, on the disk by now, where one was to be kept."""


# --- eye <-> language (over the token ring's link) --------------------------------------------


class RingOffer(Message, frozen=True):
    """The token ring's memory (its descriptor travels along): float32 [slots, slot_tok, n_embd]."""

    slots: int
    slot_tok: int
    n_embd: int


class SlotReady(Message, frozen=True):
    """READY_TO_READ: `n_tok` embeddings of `turn` lie in `slot`."""

    slot: int
    generation: int
    n_tok: int
    turn: int


class SlotTaken(Message, frozen=True):
    """ALLOCATED_FOR_READ: the reader is using the slot."""

    slot: int
    generation: int


class SlotReleased(Message, frozen=True):
    """FREE again: the reader is done with the slot, or gave it back unread."""

    slot: int
    generation: int


class SlotRecall(Message, frozen=True):
    """The writer wants the slot back (drop oldest); the reader answers released or taken."""

    slot: int
    generation: int


# --- assistant <-> language -------------------------------------------------------------------


class Exchange(msgspec.Struct, frozen=True):
    """One earlier turn as text."""

    question: str
    answer: str


class Context(Message, frozen=True):
    """The text of earlier turns; the language brick reads it in while idle."""

    earlier: list[Exchange]


class Ask(Message, frozen=True):
    """Answer `question`; `look` says that the newest image of `turn` belongs to it."""

    turn: int
    question: str
    look: bool


class Cancel(Message, frozen=True):
    """Stop working for `turn`."""

    turn: int


class Sentence(Message, frozen=True):
    """A whole sentence of the answer, while the rest is generated."""

    turn: int
    index: int
    text: str
    t_ms: float


class Answered(Message, frozen=True):
    """The answer is complete (or was cancelled: then `text` is what there was)."""

    turn: int
    text: str
    n_tok: int
    confidence: float
    """Geometric mean of the answer tokens' probabilities, the end mark's among them, 0..1."""
    first_token_ms: float
    """From the Ask to the first token."""
    cancelled: bool
    t_ms: float


# --- assistant <-> voice ----------------------------------------------------------------------


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


# --- supervisor <-> zygote --------------------------------------------------------------------


class Spawn(Message, frozen=True):
    """Fork a worker; its control socket travels along."""

    name: str
    entry: str


class Spawned(Message, frozen=True):
    """The worker's pidfd travels along."""

    name: str
    pid: int


class Exited(Message, frozen=True):
    """Ended and reaped: `status` as os.waitstatus_to_exitcode gives it (negative: a signal)."""

    name: str
    status: int


class Bequeath(Message, frozen=True):
    """Files that the zygote removes if the supervisor dies without doing so."""

    paths: list[str]


# --- status socket ----------------------------------------------------------------------------


class StatusRequest(Message, frozen=True):
    """`mortar status`."""


class StatusReply(Message, frozen=True):
    status: dict[str, object]


class CommandReply(Message, frozen=True):
    """Of a press, or of a typed question: where the assistant does not get it, `why` says why."""

    accepted: bool
    why: str = ""


class Switched(Message, frozen=True):
    """The answer to Switch, once it is in force; `failure` says what went wrong with it all the same."""

    closed: Closed
    failure: Failure | None = None


_Any: Any = reduce(or_, Message.__subclasses__())
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(_Any)
_encoder = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    return _encoder.encode(message)


def decode(data: bytes) -> Message:
    """Raises msgspec.DecodeError or msgspec.ValidationError for anything that is no message."""
    return _decoder.decode(data)


Plain = dict[str, Any]
"""A message as JSON has it, {"type": its class, field: value ...}."""


def to_plain(message: Message) -> Plain:
    plain: Plain = msgspec.to_builtins(message)
    return plain


def from_plain(plain: Plain) -> Message:
    """Raises msgspec.ValidationError for anything that is no message."""
    message: Message = msgspec.convert(plain, _Any)
    return message
