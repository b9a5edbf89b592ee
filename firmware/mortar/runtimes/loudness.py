"""Loudness as ITU-R BS.1770 defines it, and an engine brought to one loudness whatever its voice."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

import numpy as np
import numpy.typing as npt

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Samples, SpeechSynthesiser

SPEECH_LUFS = -20.0
"""Of every voice. espeak-ng's own is between -21 and -18; peaks stay below full scale."""

PROBE = "The quick brown fox jumps over the lazy dog."
"""Its loudness is taken for the voice's: long enough for several blocks, with every English sound."""

BLOCK_ms = 400
STEP_ms = 100
SILENT_LUFS = -70.0
RELATIVE_LU = -10.0
"""The gates of BS.1770-4: pauses do not count."""

# BS.1770's two filters at 48 kHz, numerator and denominator: a shelf (the head) and a high-pass.
_FILTERS = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)


LARGEST_GAIN = 10.0
"""20 dB: what is fainter is mostly noise."""


class Levelled:
    """`engine` with its sound scaled by one factor, measured once, so that it has SPEECH_LUFS.

    Raises MortarError where the engine does, or where its voice makes no sound.
    """

    def __init__(self, engine: SpeechSynthesiser) -> None:
        self._engine = engine
        self.unit = engine.unit
        self.rate_Hz = engine.rate_Hz
        self.language = engine.language
        measured_LUFS = loudness_LUFS(np.concatenate([*engine.synthesise(PROBE)]), engine.rate_Hz)
        if measured_LUFS == -np.inf:
            engine.close()
            raise MortarError(
                "voice-unusable",
                f"{engine.unit} makes no sound that can be heard with this voice",
                "choose another voice",
            )
        self._factor = _factor(measured_LUFS)

    def synthesise(self, text: str) -> Generator[Samples, None, None]:
        with closing(self._engine.synthesise(text)) as made:
            for samples in made:
                yield _scaled(samples, self._factor)

    def close(self) -> None:
        self._engine.close()


def at_speech_level(samples: Samples, rate_Hz: int) -> Samples:
    """A recording, int16 mono, as loud as the voice; by LARGEST_GAIN at most, and silence as it is."""
    measured_LUFS = loudness_LUFS(samples, rate_Hz)
    if measured_LUFS == -np.inf:
        return samples
    return _scaled(samples, min(_factor(measured_LUFS), LARGEST_GAIN))


def loudness_LUFS(samples: Samples, rate_Hz: int) -> float:
    """Integrated loudness of int16 mono sound; -inf where it is silent or shorter than a block."""
    block, step = rate_Hz * BLOCK_ms // 1_000, rate_Hz * STEP_ms // 1_000
    if len(samples) < block:
        return -np.inf
    windows = np.lib.stride_tricks.sliding_window_view(samples, block)[::step]
    spectra = np.fft.rfft(windows / 32_768.0, axis=1)
    weights = _weights(np.fft.rfftfreq(block, 1 / rate_Hz))
    # Parseval: every bin but the first stands for two.
    powers = 2 * np.sum(np.square(np.abs(spectra)) * weights, axis=1) / block**2
    heard = powers[_LUFS(powers) > SILENT_LUFS]
    if not len(heard):
        return -np.inf
    heard = heard[_LUFS(heard) > _LUFS(heard.mean()) + RELATIVE_LU]
    return float(_LUFS(heard.mean()))


def _factor(measured_LUFS: float) -> float:
    return float(10 ** ((SPEECH_LUFS - measured_LUFS) / 20))


def _scaled(samples: Samples, factor: float) -> Samples:
    scaled: Samples = np.clip(np.round(samples * factor), -32_768, 32_767).astype(np.int16)
    return scaled


def _LUFS(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    loudness: npt.NDArray[np.float64] = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    return loudness


def _weights(frequencies_Hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Factor on the power at each frequency, float64 [n]: the filters do not need the sound at 48 kHz."""
    z = np.exp(-2j * np.pi * frequencies_Hz / 48_000)
    response = np.ones_like(z)
    for above, below in _FILTERS:
        response *= np.polyval(above[::-1], z) / np.polyval(below[::-1], z)
    weights: npt.NDArray[np.float64] = np.square(np.abs(response))
    return weights
