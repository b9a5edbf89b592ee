"""What the microphone can hear of the assistant itself. Counts samples, and reads no clock."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from mortar.own_speech import says
from mortar.runtimes.interfaces import Samples

SAMPLES_PER_MS = 16

FULL_SCALE_dB = 20 * math.log10(32_768)

TAIL_SAMPLES = 500 * SAMPLES_PER_MS
"""So long a sentence may still be heard behind its end: the sound card's buffers, the room, and what a
recogniser takes to notice."""


class OwnSpeech:
    """Sentences that sound, and those whose echo may still be in the air."""

    def __init__(self) -> None:
        self._now = ""
        self._fading: list[tuple[str, int]] = []
        """Sentences that have ended, and the sample to which they may be heard."""
        self.silent_from = 0
        """Sample at which the assistant fell silent last, echo aside."""

    @property
    def sounds(self) -> bool:
        return bool(self._now)

    def begin(self, text: str, at: int) -> None:
        """From sample `at` on it says `text`, or nothing where that is empty."""
        self._fading = [(held, until) for held, until in self._fading if until > at]
        if self._now:
            self._fading.append((self._now, at + TAIL_SAMPLES))
            self.silent_from = at
        self._now = text

    def covers(self, at: int) -> bool:
        """Whether it may be heard at sample `at`."""
        return self.sounds or at < max((until for _, until in self._fading), default=0)

    def has(self, phrase: str, at: int) -> bool:
        """Whether what may be heard of it at sample `at` has `phrase` in it."""
        heard = [text for text, until in self._fading if until > at]
        return any(says(text, phrase) for text in (*heard, self._now))


class Loudness:
    """Whether somebody is louder than the assistant's own voice at the microphone.

    Fed with blocks of 512 samples while the assistant speaks. On espeak-ng voices, the assistant's own
    words rise at most 3 dB above what was heard of it before; a person 10 dB above it rises 8 to 15 dB.
    """

    RISE_dB = 5.0
    FAINTEST_dBFS = -45.0
    """Where no echo is heard, everything is louder than it: a person who means the assistant is nearer."""
    KEPT_BLOCKS = 150
    """4.8 s."""
    NEW_BLOCKS, LOUDEST_BLOCKS = 19, 4
    """A word of 600 ms, and its loudest part."""
    OLD_BLOCKS = 25
    """What is as old is not part of that word."""
    FEWEST_BLOCKS = 16
    """Half a second tells how loud the assistant is here."""
    LAST_BLOCKS = 40
    """The 1.3 s before silence: whoever interrupted is in them."""

    def __init__(self) -> None:
        self._levels_dB: deque[float] = deque(maxlen=self.KEPT_BLOCKS)

    def add(self, block: Samples) -> None:
        power = float(np.mean(np.square(block.astype(np.float32)))) + 1
        self._levels_dB.append(10 * math.log10(power) - FULL_SCALE_dB)

    def end(self) -> None:
        """The assistant fell silent. How loud it is here is remembered, how loud a person was is not."""
        for _ in range(min(self.LAST_BLOCKS, len(self._levels_dB))):
            self._levels_dB.pop()

    @property
    def has_risen(self) -> bool:
        levels_dB = list(self._levels_dB)
        old = levels_dB[: -self.OLD_BLOCKS]
        if len(old) < self.FEWEST_BLOCKS:
            return False
        loudest = float(np.mean(sorted(levels_dB[-self.NEW_BLOCKS :])[-self.LOUDEST_BLOCKS :]))
        return loudest >= max(self.FAINTEST_dBFS, float(np.percentile(old, 90)) + self.RISE_dB)
