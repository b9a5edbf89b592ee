"""The real ears, speech to text and conversation round a simulated room, driven block by block.

No clock is read: time is the number of samples. Only links, sound card and language model are
stand-ins. What is asked of the language model is answered with `answers`, in turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime

from mortar.assistant.conversation import Conversation
from mortar.assistant.keeper import Keeper
from mortar.assistant.reception import receive
from mortar.assistant.stages import Press
from mortar.assistant.turn import Turn
from mortar.bricks.ears import Ears
from mortar.clock import Moment
from mortar.drivers.microphone_played import PlayedMicrophone
from mortar.errors import MortarError
from mortar.messages import (
    Answered,
    Ask,
    GoOn,
    Heard,
    Hold,
    Hush,
    Look,
    Looked,
    Message,
    Say,
    Scalar,
    Sentence,
    Wire,
)
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Samples
from mortar.settings import RunOptions, Settings
from mortar_tools.echo.engines import Engines
from mortar_tools.echo.listener import Listener
from mortar_tools.echo.loudspeaker import Loudspeaker
from mortar_tools.echo.room import BLOCK, RATE_Hz, Room

NOON = Moment(datetime(2026, 1, 1, 12, 0).timestamp(), 0.0, "room")


class _EarsPort:
    """The ears' worker."""

    run = RunOptions()
    restarts = 0

    def __init__(self, settings: Settings, loop: Loop) -> None:
        self.settings = settings
        self._loop = loop

    def send(self, peer: str, message: Message, descriptors: Sequence[int] = ()) -> bool:
        self._loop.said_by_ears.append((message, descriptors))
        return True

    def report(self, **figures: Scalar) -> None:
        self._loop.figures = figures

    def failed(self, error: MortarError) -> None:
        raise error


class Loop:
    """Everything that happened stands in `seen`, with the sample at which it did."""

    def __init__(self, engines: Engines, room: Room, answers: Iterator[list[str]]) -> None:
        self._room = room
        self._answers = answers
        self.position = 0
        self.seen: list[tuple[int, str]] = []
        self.turns: list[Turn] = []
        self.figures: dict[str, Scalar] = {}
        self.said_by_ears: deque[tuple[Message, Sequence[int]]] = deque()
        self._replies: deque[Message] = deque()
        self._due: list[tuple[int, Message]] = []
        """Messages to the ears, and the sample at which they arrive."""
        self._loudspeaker = Loudspeaker(engines.spoken)
        self._listener = Listener(engines)
        settings = engines.settings
        port = _EarsPort(settings, self)
        self._ears = Ears(
            port,
            PlayedMicrophone([], fast=True),
            choose.wake_word_spotter(settings.ears, port.failed),
            choose.speech_detector(),
            unusable=[],
        )
        self._talk = Conversation(
            self, settings, engines.understanding, lambda: NOON, Keeper(None, port.failed)
        )
        self._ears.told(Wire("listen", 1))
        self._deliver()

    # --- what drives it ---

    @property
    def speaks(self) -> bool:
        return self._loudspeaker.sounds

    @property
    def is_idle(self) -> bool:
        return self._talk.turn is None and not self.speaks

    @property
    def awaits_follow_up(self) -> bool:
        edges = [name for _, name in self.seen if name.startswith("follow_up_")]
        return bool(edges) and edges[-1] == "follow_up_start"

    def press(self) -> None:
        """Ask what is seen, by the button."""
        self._talk.pressed(Press.SHORT, self._now_ms)
        self._deliver()

    def listen(self) -> None:
        """By the button: a question with no wake word."""
        self._talk.pressed(Press.LONG, self._now_ms)
        self._deliver()

    def person(self, speech: Samples) -> None:
        self._room.person(speech)

    def step(self) -> None:
        """A block of 32 ms."""
        arrived = [message for at, message in self._due if at <= self.position]
        self._due = [(at, message) for at, message in self._due if at > self.position]
        for due in arrived:
            self._ears.told(due)
        played, told = self._loudspeaker.play(self._now_ms)
        for message in told:
            self._to_assistant(message)
        heard = self._room.block(played)
        self.position += BLOCK
        self._ears.take(heard)
        self._deliver()

    def run(self, ms: float) -> None:
        for _ in range(round(ms * RATE_Hz / 1_000 / BLOCK)):
            self.step()

    def happened(self, event: str, since: int = 0) -> list[int]:
        """Samples at which `event` happened."""
        return [at for at, name in self.seen if name == event and at >= since]

    @property
    def _now_ms(self) -> float:
        return self.position * 1_000 / RATE_Hz

    # --- the conversation's port ---

    def send(self, peer: str, message: Message) -> bool:
        match message:
            case Look(turn):
                self._replies.append(Looked(turn, 1, 1, 0.0, self._now_ms))
            case Ask(turn):
                sentences = next(self._answers)
                for index, text in enumerate(sentences):
                    self._replies.append(Sentence(turn, index, text, self._now_ms))
                answer = " ".join(sentences)
                self._replies.append(Answered(turn, answer, 1, 1.0, 0.0, False, self._now_ms))
            case Say():
                self._loudspeaker.say(message)
            case Hush():
                if self.speaks:
                    self.seen.append((self.position, "hushed"))
                self._replies.extend(self._loudspeaker.hush(self._now_ms))
            case Hold() | GoOn():
                self._loudspeaker.is_held = isinstance(message, Hold)
            case _ if peer == "ears":
                self._due.append((self.position, message))
            case _:
                pass
        return True

    def emit(self, event: str, at_ms: float, **data: Scalar) -> None:
        self.seen.append((self.position, event))

    def turn_ended(self, turn: Turn, at_ms: float) -> None:
        self.turns.append(turn)

    # --- messages ---

    def _deliver(self) -> None:
        while self.said_by_ears or self._replies:
            while self._replies:
                self._to_assistant(self._replies.popleft())
            if self.said_by_ears:
                message, descriptors = self.said_by_ears.popleft()
                for blocks, answer in self._listener.told(message, descriptors, self._now_ms):
                    if isinstance(answer, Heard):
                        self._replies.append(answer)
                    else:
                        self._due.append((self.position + blocks * BLOCK, answer))
                self._to_assistant(message)

    def _to_assistant(self, message: Message) -> None:
        """Whose message it is tells nothing here: no brick fails."""
        self.seen.append((self.position, type(message).__name__))
        receive(self._talk, self, "", message, self._now_ms)
