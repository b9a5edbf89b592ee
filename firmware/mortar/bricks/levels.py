"""How loud a microphone is, and whether its sound is spoilt: for `mortar status`."""

from __future__ import annotations

import math

import numpy as np

from mortar.runtimes.interfaces import Samples

FULL_SCALE = 32_768

CLIPPED = 32_600
"""Magnitude of a sample that was cut off: resampling leaves cut-off tops this close to full scale."""


class Levels:
    """Of all blocks that were added: int16 mono."""

    def __init__(self) -> None:
        self.n_samples = 0
        self._peak = 0
        self._clipped = 0
        self._sum = 0

    def add(self, block: Samples) -> None:
        magnitude = np.abs(block.astype(np.int32))
        self.n_samples += len(block)
        self._peak = max(self._peak, int(magnitude.max(initial=0)))
        self._clipped += int(np.count_nonzero(magnitude >= CLIPPED))
        self._sum += int(block.sum(dtype=np.int64))

    def figures(self) -> dict[str, float]:
        """Peak in dBFS, share of clipped samples and mean (DC) in % of all samples and of full scale."""
        n = max(self.n_samples, 1)
        return {
            "peak_dBFS": round(20 * math.log10(max(self._peak, 1) / FULL_SCALE), 1),
            "clipped_percent": round(100 * self._clipped / n, 2),
            "dc_percent": round(100 * self._sum / n / FULL_SCALE, 2),
        }
