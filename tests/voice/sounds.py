"""What the tests of the voice share: listening to a WAV file, and playing sound of the test's own."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

from mortar.runtimes.interfaces import Samples

RATE_Hz = 22_050

AUDIBLE = 100


def read_wav(path: Path) -> Samples:
    """The samples of a WAV file, which must be int16 mono and as long as its header says."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_Hz)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        assert len(samples) == file.getnframes()
    assert path.stat().st_size == 44 + 2 * len(samples)
    return samples


def loudness(samples: Samples) -> float:
    """RMS, of 32,767."""
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64)))))


def tone(length_ms: int, pitch_Hz: float = 440.0) -> Samples:
    t_s = np.arange(RATE_Hz * length_ms // 1_000) / RATE_Hz
    return np.round(8_000 * np.cos(2 * np.pi * pitch_Hz * t_s)).astype(np.int16)


async def chunked(samples: Samples, chunk: int = 2_048) -> AsyncIterator[Samples]:
    for first in range(0, len(samples), chunk):
        yield samples[first : first + chunk]
