"""What the wake word's model makes of the corpus: its probability in every block that the ears read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mortar.runtimes.microwakeword import MicroWakeWordSpotter
from mortar.runtimes.wake_words import WakeWord
from mortar_tools.session import RATE_Hz
from mortar_tools.wake.corpus import Kind, Part, made

BLOCK = 512
"""Samples that the ears read at a time."""

Track = npt.NDArray[np.float32]
"""[blocks] probability of the word, 0..1."""


@dataclass(frozen=True)
class Said:
    """A saying of the wake word, or of a near miss, and the highest probability in it."""

    kind: Kind
    voice: str
    snr_dB: int | None
    probability: float


@dataclass(frozen=True)
class Scored:
    """A part of the corpus: its sayings, or its track where there are none."""

    part: Part
    said: tuple[Said, ...]
    track: Track

    @property
    def hours(self) -> float:
        return len(self.track) * BLOCK / RATE_Hz / 3_600


def scored(word: WakeWord, part: Part) -> Scored:
    """One part, heard by an engine that has heard nothing before."""
    sound = made(part)
    track = _track(word, sound.samples)
    said = tuple(
        Said(
            part.kind,
            saying.voice,
            saying.snr_dB,
            float(track[saying.from_sample // BLOCK : saying.to_sample // BLOCK + 1].max()),
        )
        for saying in sound.sayings
    )
    return Scored(part, said, track)


def _track(word: WakeWord, samples: npt.NDArray[np.int16]) -> Track:
    spotter = MicroWakeWordSpotter([word], cooldown_ms=0)
    starts = range(0, len(samples), BLOCK)
    return np.array([spotter.probabilities(samples[at : at + BLOCK])[0] for at in starts], np.float32)
