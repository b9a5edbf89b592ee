"""From logits to the next token, in llama.cpp's terms and order: top_k, top_p, min_p, temperature, draw.

Temperature 0 is greedy: of the distribution all is on the most probable token, so whoever works with
distributions needs no case for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mortar.runtimes.interfaces import Floats
from mortar.settings import Language

Tokens = npt.NDArray[np.intp]
Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Distribution:
    """Of the next token, over those that were left in."""

    tokens: Tokens
    """[n], ascending."""
    probabilities: Probabilities
    """[n], together 1."""

    @classmethod
    def certain(cls, token: int) -> Distribution:
        """No other can come."""
        return cls(np.array([token], np.intp), np.ones(1))

    def of(self, token: int) -> float:
        """The probability of `token`; 0 where it was left out."""
        at = int(np.searchsorted(self.tokens, token))
        is_in = at < len(self.tokens) and self.tokens[at] == token
        return float(self.probabilities[at]) if is_in else 0.0

    def less(self, other: Distribution) -> Distribution:
        """norm(max(0, self - other)): what is left for a token that takes the place of a refused one
        (Leviathan et al. 2023, arXiv 2211.17192, section 2.3). Itself where nothing is left."""
        at = np.searchsorted(other.tokens, self.tokens).clip(max=len(other.tokens) - 1)
        taken = np.where(other.tokens[at] == self.tokens, other.probabilities[at], 0.0)
        left = np.maximum(self.probabilities - taken, 0.0)
        total = float(left.sum())
        return Distribution(self.tokens, left / total) if total > 0 else self


@dataclass(frozen=True)
class Sampling:
    """llama.cpp's parameters, by its names."""

    temperature: float = 0.0
    """0: greedy, and the others mean nothing."""
    top_k: int = 0
    """So many of the most probable tokens are left in; 0: all."""
    top_p: float = 1.0
    """Of those the fewest that make up this probability, the largest first."""
    min_p: float = 0.0
    """Of those the ones with at least this share of the largest's probability."""
    seed: int = -1
    """-1: another one each time."""

    @classmethod
    def of(cls, settings: Language) -> Sampling:
        return cls(settings.temperature, settings.top_k, settings.top_p, settings.min_p, settings.seed)


class Sampler:
    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed if sampling.seed >= 0 else None)

    @property
    def is_greedy(self) -> bool:
        return self._sampling.temperature == 0

    def pick(self, logits: Floats) -> int:
        """The next token by logits [n_vocab]."""
        return int(logits.argmax()) if self.is_greedy else self.draw(self.distribution(logits))

    def distribution(self, logits: Floats) -> Distribution:
        """Of the next token, after truncation and temperature, by logits [n_vocab]."""
        if self.is_greedy:
            return Distribution.certain(int(logits.argmax()))
        tokens = _largest(logits, self._sampling.top_k)
        kept = logits[tokens].astype(np.float64)
        most_probable_sum = _softmax(kept).cumsum()
        # The one that reaches top_p is left in. 1 is off in llama.cpp too: rounding would cut the tail.
        n = int(np.searchsorted(most_probable_sum, self._sampling.top_p)) + 1
        if self._sampling.top_p < 1:
            tokens, kept = tokens[:n], kept[:n]
        if self._sampling.min_p > 0:
            n = int(np.count_nonzero(kept >= kept[0] + math.log(self._sampling.min_p)))
            tokens, kept = tokens[:n], kept[:n]
        ascending = np.argsort(tokens)
        return Distribution(tokens[ascending], _softmax(kept[ascending] / self._sampling.temperature))

    def draw(self, distribution: Distribution) -> int:
        """A token, each as often as its probability says."""
        if len(distribution.tokens) == 1:
            return int(distribution.tokens[0])
        below = distribution.probabilities.cumsum()
        at = int(np.searchsorted(below, self._random.random() * below[-1], side="right"))
        return int(distribution.tokens[min(at, len(below) - 1)])

    def happens(self, probability: float) -> bool:
        """True as often as `probability` says; above 1 it is certain."""
        return float(self._random.random()) < probability


GREEDY = Sampling()


def _largest(logits: Floats, n: int) -> Tokens:
    """The tokens of the `n` largest logits, 0 for all, the largest first."""
    if 0 < n < len(logits):
        # By value and then by place: argpartition takes 6 ms for 152 000 logits.
        among = np.flatnonzero(logits >= np.partition(logits, -n)[-n])
    else:
        among, n = np.arange(len(logits)), len(logits)
    largest: Tokens = among[np.argsort(-logits[among], kind="stable")[:n]]
    return largest


def _softmax(logits: Probabilities) -> Probabilities:
    weights = np.exp(logits - logits.max())
    return np.asarray(weights / weights.sum())
