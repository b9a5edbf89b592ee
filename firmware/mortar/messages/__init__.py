"""Every message that crosses a process boundary, declared once, by who speaks with whom.

Messages are small and typed (msgspec, MessagePack on the wire). Payload (audio, pictures,
embeddings) never travels here: it lies in shared memory, and a message says where. Times are
`clock.now_ms()` milliseconds, sample positions count 16 kHz samples since the microphone opened.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import msgspec

from mortar.messages.answering import (
    Answered,
    Ask,
    Cancel,
    Context,
    Escalated,
    Exchange,
    Sentence,
)
from mortar.messages.base import Message, Scalar
from mortar.messages.hearing import (
    Audio,
    AudioLost,
    AudioOffer,
    AudioTaken,
    Heard,
    KeepNote,
    KeepSound,
    Listen,
    MicrophoneOpened,
    NoSpeech,
    NoteKept,
    Outlook,
    Partial,
    Remark,
    Remarked,
    Rest,
    SoundEnded,
    Speaking,
    SpeechBegan,
    SpeechEnded,
    SpeechJudged,
    SpeechPaused,
    SpokenOver,
    StopHeard,
    WakeHeard,
)
from mortar.messages.seeing import (
    NO_TURN,
    EncodeFor,
    KeepPicture,
    Look,
    Looked,
    NotSeen,
    PictureShown,
    RingOffer,
    ShowPicture,
    SlotGrown,
    SlotReady,
    SlotRecall,
    SlotReleased,
    SlotTaken,
    SlotWithdrawn,
    TurnOver,
    Watch,
    Watched,
)
from mortar.messages.speaking import (
    Chime,
    GoOn,
    Hold,
    Hush,
    Said,
    Say,
    SetVolume,
    SoundBegan,
    VolumeSet,
)
from mortar.messages.starting import (
    Bequeath,
    Exited,
    Spawn,
    Spawned,
)
from mortar.messages.status import (
    CommandReply,
    StatusReply,
    StatusRequest,
    Switched,
)
from mortar.messages.supervision import (
    Abort,
    AllReady,
    Considered,
    Event,
    Examine,
    Examined,
    Failure,
    Finished,
    GivenUp,
    JobBegan,
    JobEnded,
    LinkLost,
    Notice,
    Overdue,
    PeerGone,
    Placed,
    Places,
    PowerChanged,
    Press,
    Privacy,
    PrivacyObeyed,
    Ready,
    Report,
    Start,
    Stop,
    Switch,
    ThreadLost,
    Typed,
    Wire,
)

__all__ = [
    "NO_TURN",
    "Abort",
    "AllReady",
    "Answered",
    "Ask",
    "Audio",
    "AudioLost",
    "AudioOffer",
    "AudioTaken",
    "Bequeath",
    "Cancel",
    "Chime",
    "CommandReply",
    "Considered",
    "Context",
    "EncodeFor",
    "Escalated",
    "Event",
    "Examine",
    "Examined",
    "Exchange",
    "Exited",
    "Failure",
    "Finished",
    "GivenUp",
    "GoOn",
    "Heard",
    "Hold",
    "Hush",
    "JobBegan",
    "JobEnded",
    "KeepNote",
    "KeepPicture",
    "KeepSound",
    "LinkLost",
    "Listen",
    "Look",
    "Looked",
    "Message",
    "MicrophoneOpened",
    "NoSpeech",
    "NotSeen",
    "NoteKept",
    "Notice",
    "Outlook",
    "Overdue",
    "Partial",
    "PeerGone",
    "PictureShown",
    "Placed",
    "Places",
    "Plain",
    "PowerChanged",
    "Press",
    "Privacy",
    "PrivacyObeyed",
    "Ready",
    "Remark",
    "Remarked",
    "Report",
    "Rest",
    "RingOffer",
    "Said",
    "Say",
    "Scalar",
    "Sentence",
    "SetVolume",
    "ShowPicture",
    "SlotGrown",
    "SlotReady",
    "SlotRecall",
    "SlotReleased",
    "SlotTaken",
    "SlotWithdrawn",
    "SoundBegan",
    "SoundEnded",
    "Spawn",
    "Spawned",
    "Speaking",
    "SpeechBegan",
    "SpeechEnded",
    "SpeechJudged",
    "SpeechPaused",
    "SpokenOver",
    "Start",
    "StatusReply",
    "StatusRequest",
    "Stop",
    "StopHeard",
    "Switch",
    "Switched",
    "ThreadLost",
    "TurnOver",
    "Typed",
    "VolumeSet",
    "WakeHeard",
    "Watch",
    "Watched",
    "Wire",
    "decode",
    "encode",
    "from_plain",
    "to_plain",
]

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
