"""Plays a trace again: the same messages at the same times to a new conversation, and what differs then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from difflib import ndiff

import msgspec

from mortar.assistant.conversation import Conversation
from mortar.assistant.intents import Understanding
from mortar.assistant.keeper import Keeper
from mortar.assistant.past import Past
from mortar.assistant.reception import receive
from mortar.assistant.turn import Turn
from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.messages import Event, Message, Plain, Scalar, from_plain, to_plain
from mortar.reminders import Change
from mortar.settings import MOST_PHOTOS, Photos, Settings
from mortar.traces.trace import Cue, Part, Sent, Trace, begins


@dataclass(frozen=True)
class Difference:
    """A cue after which the conversation does something else today than it did then."""

    at_ms: float
    cue: str
    """What the conversation was told, "Heard from listen"."""
    lines: list[str]
    """All that it did, a line each: "- " what it did then, "+ " what it does today, "  " both."""


def replay(trace: Trace, understanding: Understanding) -> list[Difference]:
    """Raises MortarError where the trace has no words, or messages that this program does not know."""
    script = trace.script
    if script is None:
        raise MortarError(
            "trace-not-replayable",
            "this run was kept without its words, was too long, or began while it rang",
            "replay another, kept with text = true in [trace]",
        )
    port = _ReplayPort(trace.began)
    talk = Conversation(
        port,
        Settings(assistant=script.settings),
        understanding,
        moment=port.moment,
        keeper=_keeper(script.past, trace.began.tzinfo),
        first_turn=script.turn,
        past=script.past,
    )
    return list(_differences(trace, talk, port))


def _keeper(past: Past, zone: tzinfo | None) -> Keeper:
    """With the timers, alarms, photos and notes of then, in memory."""

    def complain(error: MortarError) -> None:
        raise error

    keeper = Keeper(None, complain, Photos(keep=MOST_PHOTOS))
    keeper.apply(Change(add=[kept.reminder for kept in past.reminders]))
    for photo in past.photos:
        keeper.album.keep(replace(photo, taken=_then(photo.taken, zone)))
    notes = [msgspec.structs.replace(note, kept_s=_here(note.kept_s, zone)) for note in past.notes]
    keeper.notebook.take_up(notes, past.note_at_hand)
    return keeper


def _then(then: Moment, zone: tzinfo | None) -> Moment:
    return replace(then, wall_s=_here(then.wall_s, zone))


def _here(wall_s: float, zone: tzinfo | None) -> float:
    """When the clock shows the same here as it did there."""
    return datetime.fromtimestamp(wall_s, zone).replace(tzinfo=None).timestamp()


def _differences(trace: Trace, talk: Conversation, port: _ReplayPort) -> Iterator[Difference]:
    for cue in trace.cues:
        message = _message(cue.message or {})
        port.begin(cue)
        receive(talk, port, cue.sender, message, cue.at_ms)
        then, now = _compared(cue, port.does)
        if then != now:
            lines = [line.rstrip("\n") for line in ndiff(then, now) if not line.startswith("?")]
            yield Difference(cue.at_ms, f"{type(message).__name__} from {cue.sender}", lines)


def _message(plain: Plain) -> Message:
    try:
        return from_plain(plain)
    except msgspec.ValidationError as error:
        raise MortarError(
            "trace-other-version",
            f"this run has a message that this Mortar does not know ({error})",
            "replay it with the version that kept it: `mortar status --run N --json` says which",
        ) from None


def _compared(cue: Cue, does: list[Sent | Event]) -> tuple[list[str], list[str]]:
    """What followed from a cue then and today, as far as it belongs to the turn."""
    then, now = [_line(did) for did in cue.does], [_line(did) for did in does]
    match cue.part:
        case Part.WHOLE:
            return then, now
        case Part.HEAD:
            return then, now[: len(then)]
        case Part.TAIL:
            # Its beginning was told before what it interrupted was over.
            then = [_line(did) for did in cue.does if not begins(did)]
            return then, now[max(0, len(now) - len(then)) :]


def _line(did: Sent | Event) -> str:
    if isinstance(did, Event):
        return f"{did.event} {_values(did.data)}".rstrip()
    # Made a message first: what an older program did not know has the value that means the same.
    message = to_plain(_message(did.message))
    values = {name: value for name, value in message.items() if name != "type"}
    refused = " (it is not there)" if did.refused else ""
    return f"{message['type']} to {did.to} {_values(values)}".rstrip() + refused


def _values(data: dict[str, Scalar]) -> str:
    return " ".join(f"{name}={value!r}" for name, value in data.items())


class _ReplayPort:
    """The world as it was: who was not there then is not there now, and the clock shows the same."""

    def __init__(self, began: datetime) -> None:
        self.does: list[Sent | Event] = []
        self._began = began
        self._clock: Moment | None = None
        self._away: set[str] = set()

    def begin(self, cue: Cue) -> None:
        self.does = []
        self._clock = cue.clock
        self._away = {did.to for did in cue.does if isinstance(did, Sent) and did.refused}

    def moment(self) -> Moment:
        """It is the same hour here as it was there, whatever the time zone."""
        return _then(self._clock or Moment(self._began.timestamp(), 0.0, ""), self._began.tzinfo)

    def send(self, peer: str, message: Message) -> bool:
        is_away = peer in self._away
        self.does.append(Sent(peer, to_plain(message), is_away))
        return not is_away

    def emit(self, event: str, at_ms: float, **data: Scalar) -> None:
        self.does.append(Event(event, round(at_ms, 1), data))

    def turn_ended(self, turn: Turn, at_ms: float) -> None:
        """The trace ends with it."""
