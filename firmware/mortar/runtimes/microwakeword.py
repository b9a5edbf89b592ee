"""Wake words by pymicro-wakeword (microWakeWord models in TensorFlow Lite for C).

Measured on x86: 0.3 % of a core. "okay nabu" of eight espeak-ng voices is detected 120 to 270 ms
after its end where a pause follows, and up to 40 ms before it in one breath.
"""

from __future__ import annotations

from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Detection, Samples

DEAF = 16_000
"""Samples after a detection in which none follows: one wake word stays above the threshold for
some 200 ms, and nobody says it twice in a second."""


class MicroWakeWordSpotter:
    """`threshold` is the mean probability over the model's window, 0..1."""

    unit = "microwakeword/cpu"

    def __init__(self, word: str, threshold: float) -> None:
        known = [model.value for model in Model]
        if word not in known:
            raise MortarError(
                "wake-word-unknown",
                f"there is no wake word {word!r}",
                f"set ears.wake_word to one of: {', '.join(known)}",
            )
        self._word = word
        self._threshold = threshold
        self._features = MicroWakeWordFeatures()
        self._model = MicroWakeWord.from_builtin(Model(word))
        self._position = 0
        self._deaf_until = 0

    def process(self, samples: Samples) -> list[Detection]:
        self._position += len(samples)
        scores = [
            self._model.process_streaming_prob(feature) or 0.0  # None only once it is closed
            for feature in self._features.process_streaming(samples.tobytes())
        ]
        best = max(scores, default=0.0)
        if best < self._threshold or self._position < self._deaf_until:
            return []
        self._deaf_until = self._position + DEAF
        return [Detection(self._word, best, self._position)]
