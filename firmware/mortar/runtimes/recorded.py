"""For recognisers that understand an utterance only as a whole: keeps its sound until they are asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mortar.runtimes.interfaces import Samples, SpeechToText, Transcript


class RecordedUtterance:
    """`transcribe` is given all that was said, in every pause anew."""

    def __init__(self, transcribe: Callable[[Samples], Transcript]) -> None:
        self._transcribe = transcribe
        self._sound: list[Samples] = []

    def hear(self, samples: Samples) -> str:
        self._sound.append(samples)
        return ""

    def conclude(self) -> Transcript:
        return self._transcribe(np.concatenate(self._sound)) if self._sound else Transcript(None, 0.0)


def transcribe(engine: SpeechToText, samples: Samples) -> Transcript:
    """A recording as one utterance."""
    utterance = engine.utterance()
    utterance.hear(samples)
    return utterance.conclude()
