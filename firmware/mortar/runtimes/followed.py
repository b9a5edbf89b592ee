"""An utterance that decoders follow while it is spoken, so that little is left to do when it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import numpy as np

from mortar.runtimes.interfaces import Samples, Transcript
from mortar.runtimes.noise import Evener, NOISY_dB, Sound, loudness_range_dB

BEGINNING = 16_000
"""Samples: a second tells whether it is noisy."""

SHORTEST = 1_600
"""Samples: in less than a tenth of a second nothing is said."""

BORDER_dB = 1.5
"""So far on either side of NOISY_dB it makes little difference what is done."""

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


class Decoders(Protocol[C_co]):
    def begin(self, beginning: Samples) -> None:
        """A new utterance, with its first second; one that has not ended is dropped."""

    def take(self, samples: Samples) -> None:
        """Its next sound."""

    def conclude(self) -> C_co:
        """It has ended."""


class FollowedUtterance(Generic[C]):
    """`judge` makes the transcript of what the decoders concluded.

    What decoders have concluded cannot go on: where more is said behind a pause, they hear all of it
    again, while the person speaks.
    """

    def __init__(self, decoders: Decoders[C], judge: Callable[[C, Sound], Transcript]) -> None:
        self._decoders = decoders
        self._judge = judge
        self._sound: list[Samples] = []
        self._evened: list[Sound] = []
        self._evener: Evener | None = None
        self._noisy = False
        self._follow = False
        """Whether the decoders have taken all of it, and have concluded nothing."""

    def hear(self, samples: Samples) -> str:
        self._sound.append(samples)
        if self._evener is not None:
            if not self._follow:
                self._take_again()
            self._take(self._evener, samples)
        elif sum(map(len, self._sound)) >= BEGINNING:
            self._begin()
        return ""

    def conclude(self) -> Transcript:
        if sum(map(len, self._sound)) < SHORTEST:
            return Transcript(None, 0.0)
        beyond_dB = loudness_range_dB(np.concatenate(self._sound)) - NOISY_dB
        if self._evener is None or (beyond_dB > BORDER_dB if self._noisy else beyond_dB < -BORDER_dB):
            self._begin()
        elif not self._follow:
            self._take_again()
        self._follow = False
        sound = Sound(*(np.concatenate(parts) for parts in zip(*self._evened, strict=True)))
        return self._judge(self._decoders.conclude(), sound)

    def _begin(self) -> None:
        sound = np.concatenate(self._sound)
        self._noisy = loudness_range_dB(sound) < NOISY_dB
        self._evener = Evener(sound, self._noisy)
        self._evened = [self._evener.take(sound)]
        self._take_again()

    def _take(self, evener: Evener, samples: Samples) -> None:
        self._evened.append(evener.take(samples))
        self._decoders.take(self._evened[-1].even)

    def _take_again(self) -> None:
        even = np.concatenate([sound.even for sound in self._evened])
        self._decoders.begin(even[:BEGINNING])
        self._decoders.take(even)
        self._follow = True
