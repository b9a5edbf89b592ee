"""A conversation with no process and no clock: tests say what the bricks say, and read what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mortar.assistant.conversation import Conversation
from mortar.assistant.intents import Understanding
from mortar.assistant.keeper import Keeper
from mortar.assistant.turn import Turn
from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.messages import Answered, Ask, Heard, Message, Said, Say, Scalar, Sentence, SoundBegan
from mortar.settings import Settings

NINE = Moment(datetime(2026, 11, 21, 9, 0).timestamp(), 0.0, "boot")
DEFAULTS = Settings()


@dataclass
class ListPort:
    """Keeps what the conversation does; peers in `down` have no link."""

    sent: list[tuple[str, Message]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    ended: list[Turn] = field(default_factory=list)
    down: set[str] = field(default_factory=set)

    def send(self, peer: str, message: Message) -> bool:
        if peer in self.down:
            return False
        self.sent.append((peer, message))
        return True

    def emit(self, event: str, at_ms: float, **data: Scalar) -> None:
        self.events.append(event)

    def turn_ended(self, turn: Turn, at_ms: float) -> None:
        self.ended.append(turn)

    def to(self, peer: str, kind: type[Message]) -> list[Message]:
        return [message for to, message in self.sent if to == peer and isinstance(message, kind)]

    @property
    def said(self) -> list[str]:
        return [message.text for message in self.to("voice", Say) if isinstance(message, Say)]


UNDERSTANDING = Understanding()
ENGLISH = UNDERSTANDING.language


def no_store() -> Keeper:
    """Nothing is kept in a file, and nothing is wrong with that."""

    def complain(error: MortarError) -> None:
        raise error

    return Keeper(None, complain)


def conversation(
    port: ListPort,
    settings: Settings = DEFAULTS,
    *,
    speaks: bool = True,
    moment: Callable[[], Moment] = lambda: NINE,
    keeper: Keeper | None = None,
) -> Conversation:
    return Conversation(port, settings, UNDERSTANDING, moment, keeper or no_store(), speaks=speaks)


def ask_aloud(talk: Conversation, text: str | None) -> int:
    """Wake word and question, as ears and listen tell it; gives the turn's number."""
    talk.woken(0.0)
    assert talk.turn is not None
    number = talk.turn.number
    talk.speech_ended(1, 1_000.0)
    talk.heard(Heard(1, text, 0.9, 1_100.0), 1_100.0)
    return number


def speak_all(talk: Conversation, port: ListPort) -> None:
    """Voice says whatever it was given."""
    for message in port.to("voice", Say):
        if isinstance(message, Say):
            talk.said(Said(message.turn, message.index, False, 2_000.0), 2_000.0)


def answer(turn: int, text: str, n_tok: int = 5) -> Answered:
    return Answered(turn, text, n_tok, 0.9, 50.0, False, 1_500.0)


def sounds(talk: Conversation, turn: int, index: int = 0) -> None:
    """A sentence begins to be heard."""
    talk.sound_began(SoundBegan(turn, index, 1_500.0), 1_500.0)


def look_answered(talk: Conversation, port: ListPort, *sentences: str) -> int:
    """What is seen was asked aloud, and answered so; nothing of it has been heard yet."""
    turn = ask_aloud(talk, "what do you see")
    assert Ask(turn, "what do you see", look=True) in port.to("language", Ask)
    for index, text in enumerate(sentences):
        talk.sentence(Sentence(turn, index, text, 1_300.0), 1_300.0)
    talk.answered(answer(turn, " ".join(sentences)), 1_400.0)
    return turn
