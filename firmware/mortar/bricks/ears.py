"""The ears: the microphone, the pre-roll ring, the wake word, "stop", and where a question begins and ends.

The only brick with work while nobody speaks. Speech detection runs only while a question is awaited, and
"stop" is listened for only while the assistant speaks.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from mortar.bricks.endpointer import SAMPLES_PER_MS, Began, Ended, Endpointer, NothingSaid, Paused
from mortar.bricks.guard import Guard
from mortar.clock import now_ms
from mortar.drivers.microphone import Microphone, open_microphone
from mortar.messages import (
    Audio,
    AudioLost,
    AudioTaken,
    LinkLost,
    Listen,
    Message,
    MicrophoneOpened,
    NoSpeech,
    PeerGone,
    Rest,
    Scalar,
    SoundEnded,
    Speaking,
    SpeechBegan,
    SpeechEnded,
    SpeechJudged,
    SpeechPaused,
    StopHeard,
    WakeHeard,
    Wire,
)
from mortar.rings.audio_ring import AudioRingWriter
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Detection, Samples, SpeechDetector, WakeWordSpotter
from mortar.settings import Settings
from mortar.worker import Worker

ASSISTANT, LISTEN = "assistant", "listen"

RING_SAMPLES = 45_000 * SAMPLES_PER_MS
"""Three times the longest question: it is not overwritten while speech to text copies it."""

WAKE_WORD_SAMPLES = 1_100 * SAMPLES_PER_MS
"""Where the question follows in one breath, it is handed over from here before the detection on, wake
word and all: half a wake word would spoil it."""

PASS_ON_SAMPLES = 250 * SAMPLES_PER_MS
"""How much voice is passed on at a time while the person speaks."""

REPORT_BLOCKS = 20_000 * SAMPLES_PER_MS // 512
"""Levels are reported every 20 s."""

FULL_SCALE = 32_768


async def main(worker: Worker) -> None:
    settings = worker.settings.ears
    microphone = open_microphone(worker.settings.microphone, worker.run)
    spotter = choose.wake_word_spotter(settings)
    detector = choose.speech_detector()
    ears = Ears(worker, microphone, spotter, detector)
    if worker.run.hear:
        microphone.hold()  # a fast recording would run away before the assistant's first Listen
    worker.ready({"wake word": spotter.unit})
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_follow(worker, ears))
            tasks.create_task(ears.hear())
    finally:
        microphone.close()


async def _follow(worker: Worker, ears: Ears) -> None:
    """Take in what the peers say, for as long as the process lives."""
    while True:
        ears.told((await worker.next()).message)


class Port(Protocol):
    """What the ears need of their worker."""

    settings: Settings
    restarts: int

    def send(self, peer: str, message: Message, descriptors: Sequence[int] = ()) -> bool: ...

    def report(self, **figures: Scalar) -> None: ...


@dataclass
class Utterance:
    """A question that is awaited or being spoken."""

    number: int
    endpointer: Endpointer
    start: int
    """Sample from which it is awaited."""
    after_wake_word: bool
    from_sample: int | None = None
    passed_to: int = 0


@dataclass
class Level:
    """Peak of the sound since the last report."""

    peak: int = 0
    blocks: int = field(default=0)

    def add(self, block: Samples) -> None:
        self.peak = max(self.peak, int(np.abs(block.astype(np.int32)).max()))
        self.blocks += 1

    @property
    def dBFS(self) -> float:
        return round(20 * math.log10(max(self.peak, 1) / FULL_SCALE), 1)


class Ears:
    """Everything here belongs to the event loop; a block takes about 2 ms of its 32."""

    def __init__(
        self, worker: Port, microphone: Microphone, spotter: WakeWordSpotter, detector: SpeechDetector
    ) -> None:
        self._worker = worker
        self._microphone = microphone
        self._spotter = spotter
        self._detector = detector
        self._ring = AudioRingWriter(RING_SAMPLES)
        self._numbers = itertools.count(worker.restarts * 1_000_000 + 1)
        self._utterance: Utterance | None = None
        self._guard = Guard(choose.stop_spotter)
        self._level = Level()
        self._is_open = False
        self._told_over = False

    # --- messages ---

    def told(self, message: Message) -> None:
        """What a peer says."""
        match message:
            case Listen(patience_ms=patience_ms):
                self._microphone.end_turn()
                self._await_question(self._ring.position, patience_ms, after_wake_word=False)
            case Rest():
                self._rest()
            case Speaking(text):
                self._guard.speaks(text, self._ring.position)
            case LinkLost(peer) if peer == ASSISTANT:
                self._guard.speaks("", self._ring.position)
                self._rest()
            case SpeechJudged(utterance, to_sample, outlook):
                if self._utterance is not None and self._utterance.number == utterance:
                    self._utterance.endpointer.judge(to_sample, outlook)
            case AudioTaken(utterance, to_sample):
                self._ring.taken(utterance, to_sample)
            case PeerGone(peer) if peer == LISTEN:
                self._ring.reader_gone()
            case Wire(peer) if peer == LISTEN:
                self._worker.send(LISTEN, self._ring.offer(), [self._ring.descriptor])
            case Wire(peer) if peer == ASSISTANT:
                self._introduce()
            case _:
                pass

    def _introduce(self) -> None:
        if self._is_open:
            self._worker.send(ASSISTANT, MicrophoneOpened(self._microphone.opened_ms))
        if self._told_over:
            self._worker.send(ASSISTANT, SoundEnded(now_ms()))

    def _rest(self) -> None:
        self._utterance = None
        self._microphone.end_turn()

    # --- sound ---

    async def hear(self) -> None:
        async for block in self._microphone.blocks():
            if not self._is_open:
                self._is_open = True
                self._introduce()
            self.take(block)

    def take(self, block: Samples) -> None:
        """The next block, int16 [512] mono at 16 kHz."""
        from_sample = self._ring.position
        for lost in self._ring.write(block):
            self._worker.send(LISTEN, AudioLost(lost))
        for detection in self._spotter.process(block):
            self._woken(detection)
        for phrase in self._guard.stops(block, self._ring.position):
            self._worker.send(ASSISTANT, StopHeard(phrase, self._ring.position, now_ms()))
        if self._utterance is not None:
            self._endpoint(self._utterance, self._detector.probability(block), from_sample)
        self._watch_level(block)
        if self._microphone.is_over and not self._told_over:
            self._told_over = True
            self._worker.send(ASSISTANT, SoundEnded(now_ms()))

    def _woken(self, detection: Detection) -> None:
        if self._guard.is_own("own_wakes", detection.word.replace("_", " "), self._ring.position):
            self._report()
            return
        self._microphone.begin_turn()
        self._await_question(self._ring.position, None, after_wake_word=True)
        self._worker.send(
            ASSISTANT, WakeHeard(detection.word, detection.score, self._ring.position, now_ms())
        )

    def _await_question(self, start: int, patience_ms: int | None, *, after_wake_word: bool) -> None:
        self._detector.reset()
        endpointer = Endpointer(self._worker.settings.ears, start, patience_ms)
        self._utterance = Utterance(next(self._numbers), endpointer, start, after_wake_word)

    def _endpoint(self, utterance: Utterance, probability: float, from_sample: int) -> None:
        match utterance.endpointer.feed(probability, from_sample, self._ring.position):
            case Began(first):
                self._began(utterance, first)
            case Paused(to_sample):
                self._pass_on(utterance, to_sample, last=False)
                self._worker.send(LISTEN, SpeechPaused(utterance.number, to_sample))
            case Ended(_, to_sample):
                self._ended(utterance, to_sample)
            case NothingSaid():
                self._utterance = None
                self._microphone.hold()
                self._worker.send(ASSISTANT, NoSpeech(now_ms()))
            case None:
                if utterance.endpointer.voiced_to - utterance.passed_to >= PASS_ON_SAMPLES:
                    self._pass_on(utterance, utterance.endpointer.voiced_to, last=False)

    def _began(self, utterance: Utterance, first: int) -> None:
        if utterance.after_wake_word and first < utterance.start:
            first = utterance.start - WAKE_WORD_SAMPLES
        else:
            first = max(first, min(self._guard.own.silent_from, utterance.start))
        first = max(first, self._ring.oldest)
        utterance.from_sample = utterance.passed_to = first
        self._worker.send(ASSISTANT, SpeechBegan(first, now_ms()))

    def _ended(self, utterance: Utterance, to_sample: int) -> None:
        self._utterance = None
        self._microphone.hold()
        assert utterance.from_sample is not None, "it ended, so it had begun"
        own = self._guard.own.covers(utterance.endpointer.voiced_to)
        self._worker.send(
            ASSISTANT, SpeechEnded(utterance.number, utterance.from_sample, to_sample, now_ms(), own)
        )
        self._pass_on(utterance, to_sample, last=True)

    def _pass_on(self, utterance: Utterance, to_sample: int, *, last: bool) -> None:
        if utterance.from_sample is None:
            return
        self._ring.lend(utterance.number, utterance.passed_to, to_sample)
        self._worker.send(LISTEN, Audio(utterance.number, utterance.passed_to, to_sample, last))
        utterance.passed_to = to_sample

    def _watch_level(self, block: Samples) -> None:
        self._level.add(block)
        if self._level.blocks >= REPORT_BLOCKS:
            self._report()
            self._level = Level()

    def _report(self) -> None:
        self._worker.report(
            peak_dBFS=self._level.dBFS, lost_blocks=self._microphone.lost_blocks, **self._guard.figures
        )
