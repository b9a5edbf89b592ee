"""Synthetic speakers: a text spoken by the real espeak-ng, as int16 mono at 16 kHz."""

from __future__ import annotations

import io
import subprocess
from functools import lru_cache

import numpy as np
import soundfile
import soxr

from mortar.runtimes.interfaces import Samples

RATE_Hz = 16_000

WAKING = ("en-us", "en-us+m3", "en-gb", "en-gb+m7")
"""Voices whose "okay nabu" the wake word model knows; +f variants mostly do not fire."""


@lru_cache(maxsize=256)
def speak(text: str, voice: str = "en-us", words_per_minute: int = 160) -> Samples:
    """Sound of `text`, peak at half of full scale. `[[...]]` in it are espeak-ng phonemes."""
    wav = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", "--", text],
        check=True,
        capture_output=True,
        timeout=60,
    ).stdout
    sound, rate_Hz = soundfile.read(io.BytesIO(wav), dtype="float32")
    sound = soxr.resample(sound, rate_Hz, RATE_Hz)
    samples = (sound * (0.5 * 32_767 / np.abs(sound).max())).astype(np.int16)
    samples.setflags(write=False)
    return samples


def pause(ms: float) -> Samples:
    """Digital silence; `in_room` makes it sound like a room."""
    return np.zeros(round(ms * RATE_Hz / 1_000), np.int16)


def in_room(*parts: Samples, snr_dB: float = 35.0, seed: int = 7) -> Samples:
    """The parts one after another over white noise `snr_dB` below the loud parts of the speech."""
    sound = np.concatenate(parts).astype(np.float64)
    speech = sound[np.abs(sound) > 300]
    level = np.sqrt(np.mean(np.square(speech))) if len(speech) else 3_000.0
    noise = np.random.default_rng(seed).normal(0, level / 10 ** (snr_dB / 20), len(sound))
    return np.clip(np.round(sound + noise), -32_768, 32_767).astype(np.int16)
