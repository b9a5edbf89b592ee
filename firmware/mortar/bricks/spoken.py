"""A sentence on its way to the speaker: what of its sound is played, and how much of it was heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from mortar.runtimes.interfaces import Samples

AUDIBLE = 100
"""Magnitude of a sample that can be heard, of 32,767: 50 dB below full scale."""

GAP_ms = 250
"""Silence after a sentence, the same for every engine; espeak-ng alone would leave 315."""

CHARACTERS_A_WORD = 6
"""Of English, with the space: what a speaking rate in words a minute counts with."""


def audible(made: Iterable[Samples]) -> Iterator[Samples]:
    """The sound without the silence that engines put around it: what sounds first is heard first."""
    silence: list[Samples] = []
    began = False
    for samples in made:
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > AUDIBLE)
        if not len(loud):
            silence += [samples] if began else []
            continue
        yield from silence
        yield samples[0 if began else loud[0] : loud[-1] + 1]
        silence = [samples[loud[-1] + 1 :]]
        began = True


class Heard:
    """How much of a sentence has been heard, from when its sound was made and began. Reads no clock.

    Speakers play without a break while they have sound and are not held: what was heard is the time
    since it began, less the time in which there was nothing to play.
    """

    def __init__(self, text: str, rate_Hz: int, words_per_minute: int) -> None:
        self._rate_Hz = rate_Hz
        self._expected_ms = len(text) / CHARACTERS_A_WORD / words_per_minute * 60_000
        self._made_ms = 0.0
        self._is_whole = False
        self._began_ms: float | None = None
        self._starved_ms = 0.0
        self._held_at_ms: float | None = None
        """How much of its sound was heard when it was held; None while it is not."""

    def began(self, t_ms: float) -> None:
        """The first sample is heard at `t_ms`."""
        self._began_ms = t_ms

    def held(self, t_ms: float) -> None:
        """The speaker keeps it back from `t_ms` on."""
        self._held_at_ms = self._heard_ms(t_ms)

    def went_on(self, t_ms: float) -> None:
        """The speaker plays it on."""
        if self._began_ms is not None and self._held_at_ms is not None:
            self._starved_ms = t_ms - self._began_ms - self._held_at_ms
        self._held_at_ms = None

    def made(self, n_samples: int, t_ms: float) -> None:
        """The next samples are there to be played."""
        if self._began_ms is not None and self._held_at_ms is None:
            ran_out_ms = self._began_ms + self._starved_ms + self._made_ms
            self._starved_ms += max(0.0, t_ms - ran_out_ms)
        self._made_ms += n_samples * 1_000 / self._rate_Hz

    def made_whole(self) -> None:
        """There are no more samples."""
        self._is_whole = True

    def share(self, t_ms: float) -> float:
        """How much of the sentence was heard until `t_ms`, 0..1.

        While it is still being made, its length is taken from the speaking rate.
        """
        whole_ms = self._made_ms if self._is_whole else max(self._made_ms, self._expected_ms)
        return self._heard_ms(t_ms) / whole_ms if whole_ms else 0.0

    def _heard_ms(self, t_ms: float) -> float:
        if self._began_ms is None:
            return 0.0
        if self._held_at_ms is not None:
            return self._held_at_ms
        return min(max(0.0, t_ms - self._began_ms - self._starved_ms), self._made_ms)
