"""Sound as PocketSphinx hears it best: not too noisy, and not too clean either.

Steady noise is taken out by WebRTC's suppressor, and where there is hardly any, a little is added: digital
silence has no spectrum and spoils the mean that the features are normalised with. Of 200 questions in ten
espeak-ng voices these many are understood, by what is done and by what is around the speech (white noise
so many dB below it, or digital silence):

| | 10 dB | 15 dB | 20 dB | silence |
|---|---|---|---|---|
| faint noise added (8 steps of int16) | 75 % | | 92 % | 91 % |
| noise added 40 dB below the speech | | 90 % | 94 % | 94 % |
| noise added 35 · 30 dB below the speech | | | 94 · 94 % | 94 · 94.5 % |
| suppressed at level 4, faint noise added | 84 % | 91.5 % | 89 % | |
| suppressed at level 4, then noise 40 · 30 · 25 dB below | 82.5 · 79 · 73.5 % | | | |
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from webrtc_noise_gain import AudioProcessor

from mortar.runtimes.interfaces import Samples

FRAME = 160
"""Samples: 10 ms at 16 kHz, which WebRTC takes at a time."""

SUPPRESSION = 4
"""The hardest of WebRTC's levels."""

LEARNED = 30
"""Frames. The suppressor starts out knowing no noise, so it hears the beginning, before the speech, first."""

NOISY_dB = 20.5
"""Range of loudness within an utterance below which it counts as noisy. White noise 10 dB below the speech
leaves 13 to 15 dB, 20 dB below it 22 to 25 dB."""

FAINT, ADDED_dB = 8.0, 35.0
"""Noise that is added: steps of int16 (RMS), and where there is no other so far below the loud tenth."""


def evened(samples: Samples) -> Samples:
    """An utterance, int16 mono at 16 kHz, with its noise taken out or some put in; as long as it was."""
    quiet, loud = np.percentile(_powers(samples), [10, 90])
    if 10 * np.log10(loud / quiet) < NOISY_dB:
        return _with_noise(_suppressed(samples), FAINT)
    return _with_noise(samples, max(FAINT, np.sqrt(loud) / 10 ** (ADDED_dB / 20)))


def _suppressed(samples: Samples) -> Samples:
    suppressor = AudioProcessor(0, SUPPRESSION)
    whole = np.pad(samples, (0, -len(samples) % FRAME))
    frames = [frame.tobytes() for frame in whole.reshape(-1, FRAME)]
    for frame in frames[:LEARNED]:
        suppressor.Process10ms(frame)
    clean = b"".join(suppressor.Process10ms(frame).audio for frame in frames)
    return np.frombuffer(clean, np.int16)[: len(samples)]


def _with_noise(samples: Samples, level: float) -> Samples:
    noise = np.random.default_rng(0).normal(0, level, len(samples))
    return np.clip(np.round(samples + noise), -32_768, 32_767).astype(np.int16)


def _powers(samples: Samples) -> npt.NDArray[np.float64]:
    """Mean square of each 20 ms, and 1 more, which keeps digital silence finite."""
    length = 2 * FRAME
    whole = samples[: len(samples) // length * length].astype(np.float64).reshape(-1, length)
    return np.mean(np.square(whole), axis=1) + 1 if len(whole) else np.ones(1)
