"""Whether an answer's confidence says how likely it is to be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

BINS = 15


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence."""

    confidence: float
    """Mean."""
    right: int
    n: int


def bins(confidences: Floats, right: Marks) -> Iterator[Bin]:
    """Answers from the least confident to the most, in bins of equal number.

    Of equal number, not of equal width: most confidences lie near 1, and would all share one bin.
    """
    order = np.argsort(confidences, kind="stable")
    for part in np.array_split(order, min(BINS, len(order))):
        yield Bin(float(confidences[part].mean()), int(right[part].sum()), len(part))


def calibration_error(confidences: Floats, right: Marks) -> float:
    """Expected calibration error: mean distance of confidence from share right, over bins."""
    distances = [abs(found.confidence * found.n - found.right) for found in bins(confidences, right)]
    return sum(distances) / len(confidences)


def low_confidence_auroc(confidences: Floats, right: Marks) -> float:
    """Probability that a wrong answer has a lower confidence than a right one, a tie counting half.

    0.5 is chance; nan where all answers are right, or none.
    """
    n_right = int(right.sum())
    pairs = n_right * (len(right) - n_right)
    if pairs == 0:
        return float("nan")
    _, place, count = np.unique(confidences, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[right].sum() - n_right * (n_right + 1) / 2) / pairs)


def risk_by_coverage(confidences: Floats, right: Marks) -> Floats:
    """[n] share of wrong answers among the 1, 2, 3 ... n most confident ones."""
    order = np.argsort(-confidences, kind="stable")
    wrong: Floats = np.cumsum(~right[order]) / np.arange(1, len(right) + 1)
    return wrong
