"""How good a language model file is on held-out scenes, with intervals that know that a scene's questions
belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.evaluate.figures import Figure, Picks, bootstrap_figure, defined
from mortar_tools.cards.evaluate.marking import Things

LOSS, EXACT, F1 = "loss_per_token", "exact_answers", "objects_f1"


@dataclass(frozen=True)
class Marked:
    """What a model made of one scene."""

    nats: float
    """Negative log-probability of the right answers, all together."""
    tokens: int
    """Of the right answers."""
    right: int
    """Answers that it gives word for word."""
    asked: int
    said: Things | None = None
    """What it says is there; None where it was not asked, or nobody knows what is there."""
    present: Things | None = None


@dataclass(frozen=True)
class Marks:
    """The same of all scenes, each an array [scenes]."""

    nats: NDArray[np.float64]
    tokens: NDArray[np.int64]
    right: NDArray[np.int64]
    asked: NDArray[np.int64]
    hits: NDArray[np.int64]
    named: NDArray[np.int64]
    """Things said to be there, and things that are, together."""

    def loss(self, picks: Picks) -> float:
        """Nats a token."""
        return float(self.nats[picks].sum() / self.tokens[picks].sum())

    def exact(self, picks: Picks) -> float:
        """Share of answers."""
        return float(self.right[picks].sum() / self.asked[picks].sum())

    def f1(self, picks: Picks) -> float:
        """Of the things that descriptions name; nan where there are none."""
        named = self.named[picks].sum()
        return float(2 * self.hits[picks].sum() / named) if named else float("nan")


STATISTICS = {LOSS: Marks.loss, EXACT: Marks.exact, F1: Marks.f1}


def gathered(found: Sequence[Marked]) -> Marks:
    """Of each scene, as arrays."""
    empty = Things()
    hits = [((one.said or empty) & (one.present or empty)).total() for one in found]
    named = [(one.said or empty).total() + (one.present or empty).total() for one in found]
    return Marks(
        np.array([one.nats for one in found], np.float64),
        np.array([one.tokens for one in found], np.int64),
        np.array([one.right for one in found], np.int64),
        np.array([one.asked for one in found], np.int64),
        np.array(hits, np.int64),
        np.array(named, np.int64),
    )


def figures(found: Sequence[Marked], seed: int) -> list[Figure]:
    """Loss, exact answers and F1 with 95 % intervals, of a bootstrap by scene."""
    marks = gathered(found)
    return defined(
        [
            bootstrap_figure(name, lambda picks, of=of: of(marks, picks), len(found), seed)  # type: ignore[misc]
            for name, of in STATISTICS.items()
        ]
    )


def differences(found: Sequence[Marked], before: Sequence[Marked], seed: int) -> list[Figure]:
    """How far the figures are from those of another model on the same scenes: paired, so much surer."""
    ours, theirs = gathered(found), gathered(before)
    return defined(
        [
            bootstrap_figure(
                f"{name}_change",
                lambda picks, of=of: of(ours, picks) - of(theirs, picks),  # type: ignore[misc]
                len(found),
                seed,
            )
            for name, of in STATISTICS.items()
        ]
    )


def named(figures: Sequence[Figure], prefix: str) -> list[Figure]:
    """The same under names with a prefix."""
    return [replace(one, name=f"{prefix}{one.name}") for one in figures]
