"""The ears: the microphone, the pre-roll ring, the wake words, "stop", and which question is listened to.

The only brick with work while nobody speaks. Speech detection runs only while a question is awaited.
While the assistant speaks, what somebody says over it is cut out, and listen tells whether it was "stop".
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from mortar.bricks.endpointer import SAMPLES_PER_MS
from mortar.bricks.guard import Guard
from mortar.bricks.levels import Levels
from mortar.bricks.mute import Mute
from mortar.bricks.utterances import ASSISTANT, LISTEN, Utterances
from mortar.clock import now_ms
from mortar.drivers.microphone import Microphone, open_microphone
from mortar.drivers.microphone_live import MicrophoneGone
from mortar.errors import MortarError
from mortar.messages import (
    AllReady,
    AudioLost,
    AudioTaken,
    Failure,
    LinkLost,
    Listen,
    Message,
    MicrophoneOpened,
    PeerGone,
    Privacy,
    PrivacyObeyed,
    Remarked,
    Rest,
    Scalar,
    SoundEnded,
    Speaking,
    SpeechJudged,
    SpokenOver,
    StopHeard,
    WakeHeard,
    Wire,
)
from mortar.rings.audio_ring import AudioRingWriter
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Detection, Samples, SpeechDetector, WakeWordSpotter
from mortar.runtimes.wake_words import spoken
from mortar.settings import RunOptions, Settings
from mortar.worker import Worker

RING_SAMPLES = 45_000 * SAMPLES_PER_MS
"""Three times the longest question: it is not overwritten while speech to text copies it."""

REPORT_SAMPLES = 20_000 * SAMPLES_PER_MS
"""Levels are reported every 20 s."""

MUTED = Failure("microphone-muted", "the microphone is muted", "hold the button, or run `mortar mute off`")
"""The answer to who asks for a question."""


async def main(worker: Worker) -> None:
    microphone = open_microphone(worker.settings, worker.run)
    unusable: list[Failure] = []

    def complain(error: MortarError) -> None:
        worker.failed(error)
        unusable.append(Failure(error.code, error.what, error.do))

    spotter = choose.wake_word_spotter(worker.settings.ears, complain)
    detector = choose.speech_detector()
    ears = Ears(worker, microphone, spotter, detector, [] if worker.restarts else unusable)
    if worker.run.hear:
        microphone.hold()  # a fast recording would run away before the assistant's first Listen
    worker.ready({"wake word": spotter.unit})
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_follow(worker, ears, Mute(tasks, ears.hear)))
    except ExceptionGroup as group:
        errors, defects = group.split(MortarError)
        if errors is None or defects is not None:
            raise
        raise errors.exceptions[0] from None
    finally:
        microphone.close()


async def _follow(worker: Worker, ears: Ears, mute: Mute) -> None:
    """Take in what the peers say, for as long as the process lives."""
    while True:
        match (await worker.next()).message:
            case Privacy(closed, number):
                await mute.obey(is_muted=closed.microphone)
                ears.mute(closed.microphone)
                worker.tell_supervisor(PrivacyObeyed(number))
            case message:
                ears.told(message)


class Port(Protocol):
    """What the ears need of their worker."""

    settings: Settings
    run: RunOptions
    restarts: int

    def send(self, peer: str, message: Message, descriptors: Sequence[int] = ()) -> bool: ...

    def report(self, **figures: Scalar) -> None: ...

    def failed(self, error: MortarError) -> None: ...


class Ears:
    """Everything here belongs to the event loop; a block takes about 2 ms of its 32. The assistant hears of
    `unusable` wake words once."""

    def __init__(
        self,
        worker: Port,
        microphone: Microphone,
        spotter: WakeWordSpotter,
        detector: SpeechDetector,
        unusable: list[Failure],
    ) -> None:
        self._worker = worker
        self._all_ready = asyncio.Event()
        self._microphone = microphone
        self._spotter = spotter
        self._unusable = unusable
        self._ring = AudioRingWriter(RING_SAMPLES)
        self._guard = Guard()
        first = worker.restarts * 1_000_000 + 1
        self._utterances = Utterances(
            worker, worker.settings.ears, self._ring, detector, self._guard.own, first
        )
        self._levels = Levels()
        self._is_open = False
        self._is_muted = False
        self._complaint = ""
        self._told_over = False
        self._is_spoken_over = False
        self._resumed_at = 0
        """Position of the first sample since the microphone was opened last."""

    # --- messages ---

    def told(self, message: Message) -> None:
        """What a peer says."""
        match message:
            case AllReady():
                self._all_ready.set()
            case Listen() if self._is_muted:
                self._worker.send(ASSISTANT, MUTED)
            case Listen(_, patience_ms, pause_ms):
                self._microphone.end_turn()
                self._utterances.begin(patience_ms, pause_ms, after_wake_word=False)
            case Rest():
                self._rest()
            case Speaking(text):
                self._guard.speaks(text, self._ring.position)
            case LinkLost(peer) if peer == ASSISTANT:
                self._guard.speaks("", self._ring.position)
                self._rest()
            case SpeechJudged(utterance, to_sample, outlook):
                self._utterances.judge(utterance, to_sample, outlook)
            case Remarked():
                self._remarked(message)
            case AudioTaken(utterance, to_sample):
                self._ring.taken(utterance, to_sample)
            case PeerGone(peer) if peer == LISTEN:
                self._ring.reader_gone()
            case Wire(peer) if peer == LISTEN:
                self._worker.send(LISTEN, self._ring.offer(), [self._ring.descriptor])
            case Wire(peer) if peer == ASSISTANT:
                self._introduce()
                while self._unusable:
                    self._worker.send(ASSISTANT, self._unusable.pop(0))
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
        self._utterances.forget()
        self._microphone.end_turn()

    # --- the microphone ---

    def mute(self, is_muted: bool) -> None:
        """The microphone was closed, or may be opened again. What it heard is forgotten, also a question."""
        if is_muted == self._is_muted:
            return
        self._is_muted, self._is_open = is_muted, False
        if is_muted:
            self._rest()
            self._guard.speaks("", self._ring.position)
            self._watch_remarks()
            self._ring.wipe()
        self._report()

    async def hear(self) -> None:
        """Without end: a microphone that has gone is looked for until it is back.

        A recording is not played to processes that are not there yet: nobody would say it again.
        """
        if self._worker.run.mic is not None:
            await self._all_ready.wait()
        while True:
            try:
                async for block in self._microphone.blocks():
                    if not self._is_open:
                        self._opened()
                    self.take(block)
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
        if self._utterances.is_awaited:
            self._worker.send(ASSISTANT, Failure(error.code, error.what, error.do))
            self._rest()
        if not self._complaint:
            self._worker.failed(error)
        if error.what != self._complaint:
            self._complaint = error.what
            self._report()

    # --- sound ---

    def take(self, block: Samples) -> None:
        """The next block, int16 [512] mono at 16 kHz."""
        for lost in self._ring.write(block):
            self._worker.send(LISTEN, AudioLost(lost))
        for detection in self._spotter.process(block, expectant=self._guard.hears_somebody):
            self._woken(detection)
        # Not lent: an answer is of no use long before the ring is full.
        if (remark := self._guard.remark(block, self._ring.position)) is not None:
            self._worker.send(LISTEN, remark)
        self._watch_remarks()
        if self._utterances.take(block):
            self._microphone.hold()
        self._watch_levels(block)
        if self._microphone.is_over and not self._told_over:
            self._told_over = True
            self._worker.send(ASSISTANT, SoundEnded(now_ms()))

    def _woken(self, detection: Detection) -> None:
        if self._guard.is_own_wake(spoken(detection.word), self._ring.position):
            self._report()
            return
        self._microphone.begin_turn()
        self._utterances.begin(after_wake_word=True)
        self._worker.send(
            ASSISTANT, WakeHeard(detection.word, detection.score, self._ring.position, now_ms())
        )

    def _remarked(self, remarked: Remarked) -> None:
        position = self._ring.position
        if (phrase := self._guard.stop(remarked, position)) is not None:
            self._worker.send(ASSISTANT, StopHeard(phrase, position, now_ms()))
        self._watch_remarks()

    def _watch_remarks(self) -> None:
        """The assistant falls silent while somebody speaks over it: who means it is heard better, and
        waits for nothing."""
        is_so = self._guard.is_spoken_over(self._ring.position)
        if is_so != self._is_spoken_over:
            self._is_spoken_over = is_so
            self._worker.send(ASSISTANT, SpokenOver(is_so, now_ms()))

    def _watch_levels(self, block: Samples) -> None:
        self._levels.add(block)
        if self._levels.n_samples >= REPORT_SAMPLES:
            self._report()
            self._levels = Levels()

    def _report(self) -> None:
        microphone = self._microphone
        waiting = "closed: muted" if self._is_muted else f"waiting: {self._complaint}"
        self._worker.report(
            microphone=microphone.name if self._is_open else waiting,
            lost_blocks=microphone.lost_blocks,
            **self._levels.figures(),
            **self._guard.figures,
        )
