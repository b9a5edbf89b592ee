"""A simple room with a loudspeaker and a microphone in it: what is played comes back late and blurred."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE_Hz = 16_000
BLOCK = 512

DELAY_ms = 60
"""Sound card out and in, and a metre or so of air."""
REVERBERATION_ms = 300
"""Time in which the room's sound falls by 60 dB: a furnished living room."""
DIRECT_TO_REVERBERANT_dB = 6.0
ROOM_LEVEL = 8.0
"""RMS of the room's own noise, of 32,767: 72 dB below."""

Sound = npt.NDArray[np.float64]


def echo_path(level_dB: float, seed: int) -> Sound:
    """Impulse response, float64 [samples]: its energy changes the level of noise by `level_dB`."""
    drawn = np.random.default_rng(seed)
    tail = np.arange(REVERBERATION_ms * RATE_Hz // 1_000)
    diffuse = drawn.normal(0, 1, len(tail)) * 10 ** (-3 * tail / len(tail))
    diffuse *= 10 ** (-DIRECT_TO_REVERBERANT_dB / 20) / np.sqrt(np.sum(diffuse**2))
    response = np.concatenate([np.zeros(DELAY_ms * RATE_Hz // 1_000), diffuse])
    response[DELAY_ms * RATE_Hz // 1_000] += 1.0
    scaled: Sound = response * 10 ** (level_dB / 20) / np.sqrt(np.sum(response**2))
    return scaled


class Room:
    """What a microphone hears, a block at a time. `path` is the way from the loudspeaker to it."""

    def __init__(self, path: Sound, seed: int = 0) -> None:
        self._size = BLOCK + len(path) - 1
        self._spectrum = np.fft.rfft(path, self._size)
        self._air: Sound = np.zeros(self._size)
        """Sound on its way, from the next block on."""
        self._noise = np.random.default_rng(seed)

    def person(self, speech: npt.NDArray[np.int16]) -> None:
        """Somebody begins to say this."""
        self._air = np.pad(self._air, (0, max(0, len(speech) - len(self._air))))
        self._air[: len(speech)] += speech

    def block(self, played: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """The microphone's next block, int16 [512], while `played`, of the same shape, is played."""
        echo = np.fft.irfft(np.fft.rfft(played, self._size) * self._spectrum, self._size)
        self._air[: self._size] += echo
        heard = self._air[:BLOCK] + self._noise.normal(0, ROOM_LEVEL, BLOCK)
        self._air = np.pad(self._air[BLOCK:], (0, max(0, BLOCK + self._size - len(self._air))))
        return np.clip(np.round(heard), -32_768, 32_767).astype(np.int16)
