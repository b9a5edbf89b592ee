"""The ears: the microphone, the pre-roll ring, the wake word, and where a question begins and ends.

The only brick with work while nobody speaks. Speech detection runs only while a question is awaited.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

from mortar.bricks.endpointer import SAMPLES_PER_MS, Began, Ended, Endpointer, NothingSaid, Paused
from mortar.bricks.levels import Levels
from mortar.clock import now_ms
from mortar.drivers.microphone import Microphone, open_microphone
from mortar.drivers.microphone_live import MicrophoneGone
from mortar.errors import MortarError
from mortar.messages import (
    Audio,
    AudioLost,
    AudioTaken,
    Failure,
    LinkLost,
    Listen,
    MicrophoneOpened,
    NoSpeech,
    PeerGone,
    Rest,
    SoundEnded,
    SpeechBegan,
    SpeechEnded,
    SpeechPaused,
    WakeHeard,
    Wire,
)
from mortar.rings.audio_ring import AudioRingWriter
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Detection, Samples, SpeechDetector, WakeWordSpotter
from mortar.worker import Worker

ASSISTANT, LISTEN = "assistant", "listen"

RING_SAMPLES = 45_000 * SAMPLES_PER_MS
"""Three times the longest question: it is not overwritten while speech to text copies it."""

WAKE_WORD_SAMPLES = 1_100 * SAMPLES_PER_MS
"""Where the question follows in one breath, it is handed over from here before the detection on, wake
word and all: half a wake word would spoil it."""

PASS_ON_SAMPLES = 250 * SAMPLES_PER_MS
"""How much voice is passed on at a time while the person speaks."""

REPORT_SAMPLES = 20_000 * SAMPLES_PER_MS
"""Levels are reported every 20 s."""


async def main(worker: Worker) -> None:
    settings = worker.settings.ears
    microphone = open_microphone(worker.settings, worker.run)
    spotter = choose.wake_word_spotter(settings, worker.failed)
    detector = choose.speech_detector()
    ears = Ears(worker, microphone, spotter, detector)
    if worker.run.hear:
        microphone.hold()  # a fast recording would run away before the assistant's first Listen
    worker.ready({"wake word": spotter.unit})
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ears.follow())
            tasks.create_task(ears.hear())
    except ExceptionGroup as group:
        errors, defects = group.split(MortarError)
        if errors is None or defects is not None:
            raise
        raise errors.exceptions[0] from None
    finally:
        microphone.close()


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


class Ears:
    """Everything here belongs to the event loop; a block takes about 2 ms of its 32."""

    def __init__(
        self, worker: Worker, microphone: Microphone, spotter: WakeWordSpotter, detector: SpeechDetector
    ) -> None:
        self._worker = worker
        self._microphone = microphone
        self._spotter = spotter
        self._detector = detector
        self._ring = AudioRingWriter(RING_SAMPLES)
        self._numbers = itertools.count(worker.restarts * 1_000_000 + 1)
        self._utterance: Utterance | None = None
        self._levels = Levels()
        self._is_open = False
        self._complaint = ""
        self._told_over = False
        self._resumed_at = 0
        """Position of the first sample since the microphone was opened last."""

    # --- messages ---

    async def follow(self) -> None:
        """Take in what the peers say, for as long as the process lives."""
        while True:
            match (await self._worker.next()).message:
                case Listen():
                    self._microphone.end_turn()
                    self._await_question(self._ring.position, after_wake_word=False)
                case Rest():
                    self._rest()
                case LinkLost(peer) if peer == ASSISTANT:
                    self._rest()
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
            # A microphone that came back: the positions of its sound go on from before.
            began_ms = self._microphone.opened_ms - self._resumed_at / SAMPLES_PER_MS
            self._worker.send(ASSISTANT, MicrophoneOpened(began_ms))
        if self._told_over:
            self._worker.send(ASSISTANT, SoundEnded(now_ms()))

    def _rest(self) -> None:
        self._utterance = None
        self._microphone.end_turn()

    # --- sound ---

    async def hear(self) -> None:
        """Without end: a microphone that has gone is looked for until it is back."""
        while True:
            try:
                async for block in self._microphone.blocks():
                    if not self._is_open:
                        self._opened()
                    self._take(block)
            except MicrophoneGone as error:
                if self._worker.run.once and self._ring.position == 0:
                    raise  # a run for one exchange does not wait for what was never there
                self._lost(error)

    def _opened(self) -> None:
        self._is_open, self._complaint = True, ""
        self._resumed_at = self._ring.position
        self._introduce()
        self._report()

    def _lost(self, error: MortarError) -> None:
        """A question that was awaited or being spoken is given up; people are told once."""
        self._is_open = False
        if self._utterance is not None:
            self._worker.send(ASSISTANT, Failure(error.code, error.what, error.do))
            self._rest()
        if not self._complaint:
            self._worker.failed(error)
        if error.what != self._complaint:
            self._complaint = error.what
            self._report()

    def _take(self, block: Samples) -> None:
        from_sample = self._ring.position
        for lost in self._ring.write(block):
            self._worker.send(LISTEN, AudioLost(lost))
        for detection in self._spotter.process(block):
            self._woken(detection)
        if self._utterance is not None:
            self._endpoint(self._utterance, self._detector.probability(block), from_sample)
        self._watch_levels(block)
        if self._microphone.is_over and not self._told_over:
            self._told_over = True
            self._worker.send(ASSISTANT, SoundEnded(now_ms()))

    def _woken(self, detection: Detection) -> None:
        self._microphone.begin_turn()
        self._await_question(self._ring.position, after_wake_word=True)
        self._worker.send(
            ASSISTANT, WakeHeard(detection.word, detection.score, self._ring.position, now_ms())
        )

    def _await_question(self, start: int, *, after_wake_word: bool) -> None:
        self._detector.reset()
        endpointer = Endpointer(self._worker.settings.ears, start)
        self._utterance = Utterance(next(self._numbers), endpointer, start, after_wake_word)

    def _endpoint(self, utterance: Utterance, probability: float, from_sample: int) -> None:
        match utterance.endpointer.feed(probability, from_sample, self._ring.position):
            case Began(first):
                self._began(utterance, first)
            case Paused(to_sample):
                self._pass_on(utterance, to_sample, last=False)
                self._worker.send(LISTEN, SpeechPaused(utterance.number))
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
        first = max(first, self._ring.oldest)
        utterance.from_sample = utterance.passed_to = first
        self._worker.send(ASSISTANT, SpeechBegan(first, now_ms()))

    def _ended(self, utterance: Utterance, to_sample: int) -> None:
        self._utterance = None
        self._microphone.hold()
        assert utterance.from_sample is not None, "it ended, so it had begun"
        self._worker.send(
            ASSISTANT, SpeechEnded(utterance.number, utterance.from_sample, to_sample, now_ms())
        )
        self._pass_on(utterance, to_sample, last=True)

    def _pass_on(self, utterance: Utterance, to_sample: int, *, last: bool) -> None:
        if utterance.from_sample is None:
            return
        self._ring.lend(utterance.number, utterance.passed_to, to_sample)
        self._worker.send(LISTEN, Audio(utterance.number, utterance.passed_to, to_sample, last))
        utterance.passed_to = to_sample

    def _watch_levels(self, block: Samples) -> None:
        self._levels.add(block)
        if self._levels.n_samples >= REPORT_SAMPLES:
            self._report()
            self._levels = Levels()

    def _report(self) -> None:
        microphone = self._microphone
        condition = microphone.name if self._is_open else f"waiting: {self._complaint}"
        self._worker.report(
            microphone=condition, lost_blocks=microphone.lost_blocks, **self._levels.figures()
        )
