"""What a conversation takes from one turn into the next, as plain values: a trace begins with them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mortar.assistant.corrections import Done
from mortar.assistant.meaning import Intent
from mortar.assistant.replies import Before
from mortar.assistant.turn import Turn
from mortar.assistant.wish import Wish
from mortar.messages import Say
from mortar.notes import Note
from mortar.photos import Photo
from mortar.privacy import NONE, Closed
from mortar.reminders import AtClock, Countdown, Kind, Reminder


class RememberedTurn(msgspec.Struct, frozen=True):
    """An earlier turn, as far as the next ones may ask for it."""

    number: int
    heard: str | None
    asked: bool
    sentences: list[str]
    unsaid: list[Say]
    parts_said: dict[int, str]
    doubt: int | None = None

    @classmethod
    def of(cls, turn: Turn) -> RememberedTurn:
        """A copy: voice may still tell of the turn itself."""
        return cls(
            turn.number,
            turn.heard,
            turn.asked,
            list(turn.sentences),
            list(turn.unsaid),
            dict(turn.parts_said),
            turn.doubt,
        )

    @property
    def turn(self) -> Turn:
        return Turn(
            self.number,
            began_ms=0.0,
            heard=self.heard,
            asked=self.asked,
            sentences=list(self.sentences),
            unsaid=list(self.unsaid),
            parts_said=dict(self.parts_said),
            doubt=self.doubt,
        )


class KeptReminder(msgspec.Struct, frozen=True, omit_defaults=True):
    """A timer or an alarm: one of `countdown` and `clock` says when."""

    kind: Kind
    name: str
    countdown: Countdown | None = None
    clock: AtClock | None = None

    @classmethod
    def of(cls, held: Reminder) -> KeptReminder:
        match held.when:
            case Countdown():
                return cls(held.kind, held.name, countdown=held.when)
            case AtClock():
                return cls(held.kind, held.name, clock=held.when)

    @property
    def reminder(self) -> Reminder:
        when = self.countdown or self.clock
        if when is None:
            raise ValueError(f"the {self.kind} {self.name!r} is never due")
        return Reminder(self.kind, self.name, when)


class KeptBefore(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was asked last, and did to the reminders."""

    intent: Intent
    made: list[int] = []
    """Where those that it made stand among the reminders: in another store they have other numbers."""
    removed: list[KeptReminder] = []

    @classmethod
    def of(cls, before: Before, reminders: Sequence[Reminder]) -> KeptBefore:
        made = [index for index, held in enumerate(reminders) if held.number in before.done.made]
        return cls(before.intent, made, [KeptReminder.of(held) for held in before.done.removed])

    def before(self, reminders: Sequence[Reminder]) -> Before:
        made = frozenset(reminders[index].number for index in self.made)
        return Before(self.intent, Done(made, [kept.reminder for kept in self.removed]))


class Past(msgspec.Struct, frozen=True):
    turns: list[RememberedTurn] = []
    """Oldest first."""
    sounded: list[str] = []
    """The sentences that began to sound last: what the assistant may hear itself say."""
    is_heard: bool = False
    """The last turn is over, and one of its sentences still sounds."""
    may_follow_up: bool = False
    """The ears wait, with no wake word, for a question that follows on the last answer."""
    note_wanted: bool = False
    """They wait for what is to be remembered."""
    reminders: list[KeptReminder] = []
    """Timers and alarms that are set; the conversation's keeper has them."""
    away: list[str] = []
    """Processes that died and are not back."""
    given_up: list[str] = []
    """Processes that do not come back."""
    before: KeptBefore | None = None
    """What was asked last, while a reply may go on from it."""
    closed: Closed = NONE
    """What is switched off for privacy."""
    photos: tuple[Photo, ...] = ()
    """All that are kept. A trace has them where its question was about them."""
    notes: list[Note] = []
    """Without what was dictated; the conversation's keeper has them."""
    note_at_hand: int = 0
    """Number of the note that was taken or told a moment ago; 0 where none was."""
    wish: Wish | None = None
    """What is watched for."""


NO_PAST = Past()
"""Of a conversation that has just begun."""
