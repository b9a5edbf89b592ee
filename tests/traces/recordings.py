"""A conversation with a recorder in front: what it does goes to one list, its traces to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from mortar.assistant.conversation import Conversation
from mortar.clock import Moment
from mortar.messages import (
    Answered,
    Heard,
    Looked,
    Message,
    Press,
    Said,
    Sentence,
    SoundBegan,
    SpeechBegan,
    SpeechEnded,
    WakeHeard,
)
from mortar.settings import RunOptions, Settings
from mortar.traces.recorder import Recorder, Witnessed
from mortar.traces.trace import Trace
from talks import DEFAULTS, NINE, UNDERSTANDING, ListPort, no_store


class Recorded:
    """Its clock goes on by 100 ms with every message; each message is told by its sender."""

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        self.port = ListPort()
        self.traces: list[Trace] = []
        self.witnessed: list[Witnessed] = []
        """Of each trace."""
        self.now_ms = 50_000.0
        clock = self._minutes()
        self.recorder = Recorder(self.port, settings, RunOptions(), self._keep, lambda: next(clock))
        self.talk = Conversation(self.recorder, settings, UNDERSTANDING, self.recorder.moment, no_store())

    def tell(self, sender: str, *messages: Message) -> None:
        for message in messages:
            self.recorder.receive(self.talk, sender, message, self.now_ms)
            self.now_ms += 100.0

    def wake(self) -> None:
        self.tell("ears", WakeHeard("okay_nabu", 0.9, 16_000, self.now_ms - 20.0))

    def press(self, kind: str = "short") -> None:
        self.tell("supervisor", Press(kind))

    def ask(self, text: str | None, utterance: int = 1) -> None:
        """The question behind a wake word, or behind an answer."""
        self.tell("ears", SpeechBegan(16_000, self.now_ms))
        self.tell("ears", SpeechEnded(utterance, 16_000, 32_000, self.now_ms))
        self.tell("listen", Heard(utterance, text, 0.9, self.now_ms))

    def answer(self, text: str) -> None:
        """Eye and language answer; the sentence begins to be heard."""
        turn = self.turn
        self.tell("eye", Looked(turn, 1, 16, 8.0, self.now_ms))
        self.tell("language", Sentence(turn, 0, text, self.now_ms))
        self.tell("language", Answered(turn, text, 5, 0.9, 50.0, False, self.now_ms))
        self.tell("voice", SoundBegan(turn, 0, self.now_ms))

    def heard_out(self) -> None:
        self.tell("voice", Said(self.turn, 0, False, self.now_ms, 1.0))

    @property
    def turn(self) -> int:
        assert self.talk.turn is not None
        return self.talk.turn.number

    def _keep(self, trace: Trace, witnessed: Witnessed) -> None:
        self.traces.append(trace)
        self.witnessed.append(witnessed)

    def _minutes(self) -> Iterator[Moment]:
        """Each look at the clock is a minute after the one before."""
        for minute in count():
            yield replace(NINE, wall_s=NINE.wall_s + 60 * minute, up_s=60.0 * minute)


def looked_and_answered() -> Recorded:
    """Somebody asked what is seen, and heard it out."""
    recorded = Recorded()
    recorded.wake()
    recorded.ask("what do you see")
    recorded.answer("I see a cat.")
    recorded.heard_out()
    return recorded
