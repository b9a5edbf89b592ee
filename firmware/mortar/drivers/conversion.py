"""Sound of any rate and channel count as mono of another rate, without a seam between the calls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from mortar.drivers.recordings import Samples

Frames = npt.NDArray[np.int16]
"""int16 [n, channels]."""


class Converter:
    """soxr at its "HQ": flat up to 0.9 of the smaller rate's half, 16-bit noise floor."""

    def __init__(self, from_Hz: int, to_Hz: int) -> None:
        self._resampler = None if from_Hz == to_Hz else soxr.ResampleStream(from_Hz, to_Hz, 1, dtype="int16")

    def convert(self, frames: Frames, *, last: bool = False) -> Samples:
        """Mean of the channels, at the other rate; some ms are held back until `last`."""
        mono = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1).astype(np.int16)
        if self._resampler is None:
            return mono
        converted: Samples = self._resampler.resample_chunk(np.ascontiguousarray(mono), last=last)
        return converted


class Blocks:
    """Cuts sound into blocks of one size."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = np.empty(0, np.int16)

    def add(self, samples: Samples) -> list[Samples]:
        """The blocks that are full now."""
        sound = np.concatenate([self._held, samples])
        whole = len(sound) // self._size * self._size
        self._held = sound[whole:]
        return [sound[first : first + self._size] for first in range(0, whole, self._size)]
