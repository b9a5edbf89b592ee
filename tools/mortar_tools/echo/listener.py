"""Listen in the simulated loop: the real recognisers, and answers as late as theirs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np

from mortar.messages import (
    Audio,
    AudioOffer,
    AudioTaken,
    Heard,
    Message,
    Remark,
    Remarked,
    SpeechJudged,
    SpeechPaused,
)
from mortar.rings.audio_ring import AudioRingReader
from mortar.runtimes.interfaces import Samples
from mortar_tools.echo.engines import Engines

RECOGNISED_BLOCKS = 8
"""256 ms: so long after a pause the ears are told whether it is the end. Speech to text takes
about as long on x86."""
JUDGED_BLOCKS = 10
"""320 ms: so long after somebody paused over the assistant, the ears are told whether it was "stop"."""


class Listener:
    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._ring: AudioRingReader
        self._number = 0
        self._utterance: list[Samples] = []
        """Sound of the utterance of that number, as speech to text has it."""

    def told(
        self, message: Message, descriptors: Sequence[int], now_ms: float
    ) -> Iterator[tuple[int, Message]]:
        """What it answers, and after how many blocks."""
        match message:
            case AudioOffer():
                self._ring = AudioRingReader(message, os.dup(descriptors[0]))
            case Audio(utterance, from_sample, to_sample, last):
                if utterance != self._number:
                    self._number, self._utterance = utterance, []
                if from_sample < to_sample:
                    self._utterance.append(self._ring.read(from_sample, to_sample))
                    yield 0, AudioTaken(utterance, to_sample)
                if last:
                    yield 0, Heard(utterance, *self._heard(), now_ms)
            case SpeechPaused(utterance, to_sample):
                outlook = self._engines.sentences.outlook(*self._heard())
                yield RECOGNISED_BLOCKS, SpeechJudged(utterance, to_sample, outlook)
            case Remark():
                yield JUDGED_BLOCKS, self._judged(message)
            case _:
                pass

    def _judged(self, remark: Remark) -> Remarked:
        sound = self._ring.read(remark.from_sample, remark.to_sample)
        loud_from, loud_to = remark.loud_from - remark.from_sample, remark.loud_to - remark.from_sample
        return Remarked(remark.number, self._engines.stop_phrases.phrase(sound, loud_from, loud_to))

    def _heard(self) -> tuple[str | None, float]:
        return self._engines.heard(np.concatenate(self._utterance))
