"""The question that is awaited or spoken: cut out of the sound, told to the assistant, handed to listen."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mortar.bricks.echo import OwnSpeech
from mortar.bricks.endpointer import SAMPLES_PER_MS, Began, Ended, Endpointer, NothingSaid, Paused
from mortar.clock import now_ms
from mortar.messages import Audio, Message, NoSpeech, Outlook, SpeechBegan, SpeechEnded, SpeechPaused
from mortar.rings.audio_ring import AudioRingWriter
from mortar.runtimes.interfaces import Samples, SpeechDetector
from mortar.settings import Ears

ASSISTANT, LISTEN = "assistant", "listen"

WAKE_WORD_SAMPLES = 1_100 * SAMPLES_PER_MS
"""Where the question follows in one breath, it is handed over from here before the detection on, wake
word and all: half a wake word would spoil it."""

PASS_ON_SAMPLES = 250 * SAMPLES_PER_MS
"""How much voice is passed on at a time while the person speaks."""


class Post(Protocol):
    def send(self, peer: str, message: Message, descriptors: Sequence[int] = ()) -> bool: ...


@dataclass
class Utterance:
    number: int
    endpointer: Endpointer
    start: int
    """Sample from which it is awaited."""
    after_wake_word: bool
    from_sample: int | None = None
    passed_to: int = 0


class Utterances:
    """One at a time, numbered from `first` on; `own` is what the assistant says itself."""

    def __init__(
        self,
        post: Post,
        settings: Ears,
        ring: AudioRingWriter,
        detector: SpeechDetector,
        own: OwnSpeech,
        first: int,
    ) -> None:
        self._post = post
        self._settings = settings
        self._ring = ring
        self._detector = detector
        self._own = own
        self._numbers = itertools.count(first)
        self._now: Utterance | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether a question is awaited or being spoken."""
        return self._now is not None

    def begin(
        self, patience_ms: int | None = None, pause_ms: int | None = None, *, after_wake_word: bool
    ) -> None:
        """A question is awaited from now on; what was spoken so far is none. It may begin for `patience_ms`,
        and ends with `pause_ms` of silence; None is what the settings have."""
        self._detector.reset()
        start = self._ring.position
        endpointer = Endpointer(self._settings, start, patience_ms, pause_ms)
        self._now = Utterance(next(self._numbers), endpointer, start, after_wake_word)

    def forget(self) -> None:
        self._now = None

    def judge(self, number: int, to_sample: int, outlook: Outlook) -> None:
        """What listen thinks of utterance `number` up to its pause at `to_sample`."""
        if self._now is not None and self._now.number == number:
            self._now.endpointer.judge(to_sample, outlook)

    def take(self, block: Samples) -> bool:
        """The block of 512 samples that the ring got last; True where it ended the waiting."""
        if self._now is None:
            return False
        from_sample = self._ring.position - len(block)
        self._endpoint(self._now, self._detector.probability(block), from_sample)
        return self._now is None

    def _endpoint(self, utterance: Utterance, probability: float, from_sample: int) -> None:
        match utterance.endpointer.feed(probability, from_sample, self._ring.position):
            case Began(first):
                self._began(utterance, first)
            case Paused(to_sample):
                self._pass_on(utterance, to_sample, last=False)
                self._post.send(LISTEN, SpeechPaused(utterance.number, to_sample))
            case Ended(_, to_sample):
                self._ended(utterance, to_sample)
            case NothingSaid():
                self._now = None
                self._post.send(ASSISTANT, NoSpeech(now_ms()))
            case None:
                if utterance.endpointer.voiced_to - utterance.passed_to >= PASS_ON_SAMPLES:
                    self._pass_on(utterance, utterance.endpointer.voiced_to, last=False)

    def _began(self, utterance: Utterance, first: int) -> None:
        if utterance.after_wake_word and first < utterance.start:
            first = utterance.start - WAKE_WORD_SAMPLES
        else:
            first = max(first, min(self._own.silent_from, utterance.start))
        first = max(first, self._ring.oldest)
        utterance.from_sample = utterance.passed_to = first
        self._post.send(ASSISTANT, SpeechBegan(first, now_ms()))

    def _ended(self, utterance: Utterance, to_sample: int) -> None:
        self._now = None
        assert utterance.from_sample is not None, "it ended, so it had begun"
        own = self._own.covers(utterance.endpointer.voiced_to)
        self._post.send(
            ASSISTANT, SpeechEnded(utterance.number, utterance.from_sample, to_sample, now_ms(), own)
        )
        self._pass_on(utterance, to_sample, last=True)

    def _pass_on(self, utterance: Utterance, to_sample: int, *, last: bool) -> None:
        if utterance.from_sample is None:
            return
        self._ring.lend(utterance.number, utterance.passed_to, to_sample)
        self._post.send(LISTEN, Audio(utterance.number, utterance.passed_to, to_sample, last))
        utterance.passed_to = to_sample
