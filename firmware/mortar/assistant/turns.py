"""The life of turns, one at a time: begun, interrupted, dropped or ended, and what may follow an answer."""

from __future__ import annotations

from mortar.assistant.course import Course
from mortar.assistant.memory import Memory
from mortar.assistant.mouth import Mouth
from mortar.assistant.past import Past, RememberedTurn
from mortar.assistant.port import Port
from mortar.assistant.replies import MAY_BE_REPLIED_TO, Before, SHORTLY_ms
from mortar.assistant.stages import Stage
from mortar.assistant.turn import Dropped, Turn
from mortar.messages import Cancel, Context, Listen, Rest, Said
from mortar.settings import Assistant

NOTE_PATIENCE_ms = 8_000
"""Who is asked what to remember has to find the words first."""
NOTE_PAUSE_ms = 1_800
"""Silence that ends what is to be remembered: people think while they say it."""


class Turns:
    """`first` is the number of the first turn, `past` what went before it."""

    def __init__(
        self, port: Port, mouth: Mouth, course: Course, settings: Assistant, first: int, past: Past
    ) -> None:
        self._port = port
        self._mouth = mouth
        self._course = course
        self._follow_up_ms = settings.follow_up_ms if mouth.speaks else 0
        self._memory = Memory(settings.earlier_turns)
        for remembered in past.turns:
            self._memory.keep(remembered.turn)
        self._next = first
        self._before: Before | None = None
        self._before_ms = 0.0
        """What was asked last, and when that was over."""
        self.now: Turn | None = None
        self.may_follow_up = past.may_follow_up
        """The ears wait, with no wake word, for a question that follows on the last answer."""
        self.note_wanted = past.note_wanted
        """They wait for what is to be remembered."""
        self.may_listen = not past.closed.microphone

    @property
    def last_number(self) -> int:
        """Of the turn that goes on, or else of the last one."""
        return self._next - 1

    @property
    def past(self) -> Past:
        """Of a turn that would begin now."""
        turns = [RememberedTurn.of(turn) for turn in self._memory.turns]
        mouth = self._mouth
        return Past(turns, mouth.recent, mouth.is_heard, self.may_follow_up, self.note_wanted)

    @property
    def last_answered(self) -> Turn | None:
        """The last turn of which something was heard."""
        return self._memory.last_answered

    def before(self, now_ms: float) -> Before | None:
        """What was asked a moment ago, if a reply may go on from it."""
        return self._before if now_ms - self._before_ms <= SHORTLY_ms else None

    def take_up(self, before: Before) -> None:
        """What was asked last in another conversation."""
        self._before, self._before_ms = before, float("inf")

    def numbered(self, number: int) -> Turn | None:
        """The turn that goes on, if it has that number."""
        return self.now if self.now is not None and self.now.number == number else None

    def in_stage(self, stage: Stage) -> Turn | None:
        """The turn that goes on, if it is in that stage."""
        return self.now if self.now is not None and stage in self.now.open else None

    def begin(self, now_ms: float, *, tentative: bool = False) -> Turn:
        """What went on before is over."""
        self.end_follow_up(now_ms)
        if self.now is not None and self.now.tentative:
            self.now.dropped = Dropped.GIVEN_WAY
            self.end(self.now, now_ms)
        elif self.now is not None:
            self.interrupt(self.now, now_ms)
        self.now = Turn(self._next, now_ms, tentative, before=self.before(now_ms))
        self._next += 1
        return self.now

    def interrupt(self, turn: Turn, now_ms: float) -> None:
        """Voice tells afterwards what was heard."""
        self._port.emit("interrupted", now_ms, stage=turn.stage.value)
        self._mouth.hush()
        self._port.send("language", Cancel(turn.number))
        self.end(turn, now_ms)

    def drop(self, turn: Turn, why: Dropped, now_ms: float) -> None:
        """Nobody asked for this turn. What the assistant said itself ends no follow-up."""
        turn.dropped = why
        self.end(turn, now_ms)
        if why is Dropped.OWN_WORDS:
            self._await_follow_up(now_ms, note_wanted=turn.takes_note)
        else:
            self._port.send("ears", Rest())

    def finish_if_complete(self, turn: Turn, now_ms: float) -> None:
        if turn.complete:
            self.end(turn, now_ms)
            self._await_follow_up(now_ms, note_wanted=turn.asks_for_note)

    def rest(self, turn: Turn, now_ms: float) -> None:
        """End it, and wait for the wake word."""
        self.end(turn, now_ms)
        self._port.send("ears", Rest())

    def end(self, turn: Turn, now_ms: float) -> None:
        self._course.end_all(turn, now_ms)
        self.now, turn.ended_ms = None, now_ms
        self._memory.keep(turn)
        if turn.dropped is None and (turn.asked or turn.meant is not None):
            self._before, self._before_ms = _asked_in(turn), now_ms
        self.remind()
        self._port.turn_ended(turn, now_ms)

    def said_late(self, said: Said) -> None:
        """Voice tells of a turn that was interrupted what was heard of it; of an earcon, nothing."""
        if said.index is not None and self._memory.said(said):
            self._port.emit("silence", said.t_ms)
            self.remind()

    def remind(self) -> None:
        """Give the language model the text of earlier turns."""
        self._port.send("language", Context(self._memory.earlier))

    def miss_follow_up(self, now_ms: float, *, goodbye: bool) -> None:
        """Nobody spoke: say goodbye, the wake word is needed again."""
        self.end_follow_up(now_ms)
        self._port.send("ears", Rest())
        if goodbye:
            self._mouth.chime("follow_up_unused", self.last_number)

    def end_follow_up(self, now_ms: float) -> None:
        if self.may_follow_up:
            self.may_follow_up = self.note_wanted = False
            self._port.emit("follow_up_end", now_ms)

    def _await_follow_up(self, now_ms: float, *, note_wanted: bool) -> None:
        """For a while a question needs no wake word; where that is off, or muted, it needs one at once. What
        is to be remembered was asked for."""
        if note_wanted and self.may_listen:
            self.may_follow_up = self.note_wanted = True
            self._port.emit("follow_up_start", now_ms)
            self._mouth.chime("listen_start", self.last_number)
            self._port.send("ears", Listen(self._next, NOTE_PATIENCE_ms, NOTE_PAUSE_ms))
            return
        if self._follow_up_ms == 0 or not self.may_listen:
            self._port.send("ears", Rest())
            return
        self.may_follow_up = True
        self._port.emit("follow_up_start", now_ms)
        self._port.send("ears", Listen(self._next, self._follow_up_ms))


def _asked_in(turn: Turn) -> Before | None:
    """What a reply may go on from."""
    if turn.meant is None or turn.meant.name not in MAY_BE_REPLIED_TO:
        return None
    return Before(turn.meant, turn.done)
