"""Listens in on the conversation and makes a trace of each turn: of what it is told, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from mortar import __version__, clock
from mortar.assistant.conversation import Conversation
from mortar.assistant.past import Past
from mortar.assistant.port import Port
from mortar.assistant.reception import receive
from mortar.assistant.turn import Sight, Turn
from mortar.clock import Moment
from mortar.messages import Event, Message, Plain, Privacy, Scalar, to_plain
from mortar.privacy import NONE
from mortar.settings import RunOptions, Settings
from mortar.traces.trace import SCHEMA, Cue, Part, Script, Sent, Trace, begins, without_words

MOST_CUES = 2_000
"""A turn with more (a minute has about 100) is kept without the rest, and cannot be replayed."""

ABOUT_PHOTOS = frozenset({"PhotoSeen", "PhotoDeleteLast", "PhotoDeleteAll"})
"""Intents whose traces have what was seen on the photos; no other says what others have in it."""


@dataclass(frozen=True)
class Witnessed:
    """What those who heard and saw a turn may still have of it, and may keep where people want that."""

    utterance: int | None = None
    """The question's sound, by its number at listen."""
    look: int | None = None
    """The picture that the question was about, by its turn at the eye."""


NOTHING = Witnessed()


@dataclass(frozen=True)
class _Sending:
    to: str
    message: Message
    refused: bool


@dataclass(frozen=True)
class _Cue:
    """As `trace.Cue`, with the times of the clock."""

    at_ms: float
    sender: str
    message: Message
    does: list[_Sending | Event]
    part: Part
    clock: Moment | None


@dataclass
class _Draft:
    turn: int
    past: Past | None
    began: datetime
    cues: list[_Cue] = field(default_factory=list)


class Recorder:
    """The conversation's port and clock, in front of the real ones: `port`, `now`.

    `keep` gets each trace, and what else of the turn may be kept. Turns that nobody noticed are in none: what
    they heard was said to others. Nor are the rounds of what rings: nobody asked, and an hour of them would
    push out all else. A turn that has the words of a note is kept without words: who says "forget it" relies
    on that.
    """

    def __init__(
        self,
        port: Port,
        settings: Settings,
        run: RunOptions,
        keep: Callable[[Trace, Witnessed], None],
        now: Callable[[], Moment] = clock.moment,
    ) -> None:
        self.placement: dict[str, str] = {}
        self._port = port
        self._settings = settings
        self._run = run
        self._keep = keep
        self._now = now
        self._draft: _Draft | None = None
        self._past: Past | None = None
        self._closed = NONE
        """What is switched off for privacy."""
        # Of the cue that is being dealt with:
        self._cue: tuple[float, str, Message]
        self._does: list[_Sending | Event] = []
        self._first = 0
        """What of `_does` belongs to the present turn begins here."""
        self._over: list[tuple[_Draft, Turn, float]] = []
        self._clock: Moment | None = None

    def receive(self, talk: Conversation, sender: str, message: Message, at_ms: float) -> None:
        """Give it to the conversation, which has this recorder for its port and its clock."""
        self._talk = talk
        if isinstance(message, Privacy):
            self._closed = message.closed
        if talk.turn is None:
            self._past = talk.past(at_ms)
        self._cue = (at_ms, sender, message)
        self._does, self._first, self._over, self._clock = [], 0, [], None
        receive(talk, self, sender, message, at_ms)
        if talk.turn is not None:
            self._note(talk.turn.number)
        elif self._over:
            self._note_afterwards(self._over[-1][0])
        for draft, turn, ends_ms in self._over:
            if turn.dropped is None and not turn.rings:
                trace = self._trace(draft, turn, ends_ms)
                self._keep(without_words(trace) if turn.confidential else trace, self._witnessed(turn))

    def _witnessed(self, turn: Turn) -> Witnessed:
        """Nothing of what is a note, which can be forgotten elsewhere alone (as a photo can), nor while
        muted."""
        if turn.confidential or turn.takes_note or self._closed.microphone:
            return NOTHING
        is_about_picture = turn.asked and turn.sight is Sight.SEEN and not self._closed.camera
        return Witnessed(turn.utterance, turn.number if is_about_picture else None)

    # --- what the conversation does ---

    def moment(self) -> Moment:
        """It stands still while one cue is dealt with, so that a replay can show the same."""
        self._clock = self._clock or self._now()
        return self._clock

    def send(self, peer: str, message: Message) -> bool:
        is_sent = self._port.send(peer, message)
        self._does.append(_Sending(peer, message, not is_sent))
        return is_sent

    def emit(self, event: str, at_ms: float, **data: Scalar) -> None:
        self._port.emit(event, at_ms, **data)
        self._does.append(Event(event, at_ms, data))

    def turn_ended(self, turn: Turn, at_ms: float) -> None:
        self._port.turn_ended(turn, at_ms)
        self._over.append((self._note(turn.number, Part.HEAD), turn, at_ms))
        self._draft, self._first = None, len(self._does)
        self._past = self._talk.past(at_ms)

    # --- the draft ---

    def _note(self, turn: int, part: Part = Part.WHOLE) -> _Draft:
        """The cue, and what it led to in this turn so far."""
        if self._draft is None:
            began = datetime.fromtimestamp(self._now().wall_s).astimezone()
            self._draft = _Draft(turn, self._past, began)
        does = self._does[self._first :]
        if self._first:
            part = Part.TAIL
            does = [did for did in self._does[: self._first] if begins(did)] + does
        if len(self._draft.cues) <= MOST_CUES:
            self._draft.cues.append(_Cue(*self._cue, does, part, self._clock))
        return self._draft

    def _note_afterwards(self, draft: _Draft) -> None:
        """The turn is over and none has begun: what still followed from the cue belongs to it."""
        last = draft.cues.pop()
        is_whole = len(self._over) == 1
        does = self._does if is_whole else last.does + self._does[self._first :]
        part = Part.WHOLE if is_whole else Part.TAIL
        draft.cues.append(_Cue(*self._cue, does, part, self._clock))

    def _trace(self, draft: _Draft, turn: Turn, ends_ms: float) -> Trace:
        first = draft.cues[0]
        events = [did for did in first.does if isinstance(did, Event)]
        zero_ms = events[0].t_ms if events else first.at_ms
        return Trace(
            schema=SCHEMA,
            began=draft.began,
            version=__version__,
            board=self._run.board,
            model=self._run.model or "bundled",
            placement=self.placement,
            heard=turn.heard,
            intent=turn.intent,
            answer=turn.answer or None,
            trouble=turn.trouble.code if turn.trouble else None,
            ends_ms=_since(zero_ms, ends_ms),
            cues=[_finished(cue, zero_ms) for cue in draft.cues],
            script=self._script(draft, turn),
        )

    def _script(self, draft: _Draft, turn: Turn) -> Script | None:
        past = draft.past
        if past is None or len(draft.cues) > MOST_CUES:
            return None
        if turn.intent not in ABOUT_PHOTOS:
            past = msgspec.structs.replace(past, photos=())
        return Script(draft.turn, self._settings.assistant, past)


def _finished(cue: _Cue, zero_ms: float) -> Cue:
    return Cue(
        at_ms=_since(zero_ms, cue.at_ms),
        sender=cue.sender,
        message=_plain(cue.message, zero_ms),
        does=[
            Event(did.event, _since(zero_ms, did.t_ms), did.data)
            if isinstance(did, Event)
            else Sent(did.to, _plain(did.message, zero_ms), did.refused)
            for did in cue.does
        ],
        part=cue.part,
        clock=cue.clock,
    )


def _plain(message: Message, zero_ms: float) -> Plain:
    plain = to_plain(message)
    return {**plain, "t_ms": _since(zero_ms, plain["t_ms"])} if "t_ms" in plain else plain


def _since(zero_ms: float, t_ms: float) -> float:
    return round(t_ms - zero_ms, 1)
