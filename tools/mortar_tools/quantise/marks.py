"""What a model makes of held-out data, and how far chance may have moved a comparison of two."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.evaluate.figures import Figure

RESAMPLES = 2000
DIGITS = 6
POINTS = 100.0
"""In one."""


class Measure(StrEnum):
    LOSS = "loss"
    """Negative log-probability of the right tokens, nats a token."""
    DIVERGENCE = "divergence"
    """Kullback-Leibler divergence of the model's next-token distribution from the float model's, nats a
    token, where both have been told the right tokens before."""
    EXACT = "exact"
    """Share of answers that greedy decoding gives word for word; of plain text, of tokens."""


@dataclass(frozen=True)
class Marks:
    """Sums over each scene, or each piece of text: [scenes] of everything."""

    nats: NDArray[np.float64]
    divergence: NDArray[np.float64]
    tokens: NDArray[np.float64]
    right: NDArray[np.float64]
    answers: NDArray[np.float64]

    def ratio(self, measure: Measure) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sums whose ratio over the same scenes is the measure."""
        return {
            Measure.LOSS: (self.nats, self.tokens),
            Measure.DIVERGENCE: (self.divergence, self.tokens),
            Measure.EXACT: (self.right, self.answers),
        }[measure]

    def value(self, measure: Measure) -> float:
        above, below = self.ratio(measure)
        return float(above.sum() / below.sum())


def figure(name: str, marks: Marks, measure: Measure, seed: int) -> Figure:
    """A measure with its 95 % interval, bootstrapped over scenes."""
    return _bootstrapped(name, *marks.ratio(measure), seed)


def difference(name: str, one: Marks, other: Marks, measure: Measure, seed: int) -> Figure:
    """How much more `one` has of it than `other`, whose scenes are the same: each resample takes the same
    scenes of both."""
    (above, below), (others, same) = one.ratio(measure), other.ratio(measure)
    if not np.array_equal(below, same):
        raise ValueError("marks of different scenes")
    return _bootstrapped(name, above - others, below, seed)


def _bootstrapped(name: str, above: NDArray[np.float64], below: NDArray[np.float64], seed: int) -> Figure:
    n = len(above)
    # How often each scene is in each resample: [RESAMPLES, scenes].
    picks = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), RESAMPLES)
    low, high = np.quantile((picks @ above) / (picks @ below), (0.025, 0.975))
    value = float(above.sum() / below.sum())
    return Figure(
        name, round(value, DIGITS), n, seed, (round(float(low), DIGITS), round(float(high), DIGITS))
    )
