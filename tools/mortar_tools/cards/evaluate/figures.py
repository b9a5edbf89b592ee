"""A measured figure, and how far chance may have moved it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

Z = 1.96
"""Standard deviations of a 95 % interval."""
RESAMPLES = 400

Picks = NDArray[np.int64]
"""Numbers of scenes or questions, with repeats."""


@dataclass(frozen=True)
class Figure:
    """One measured figure with its 95 % interval."""

    name: str
    value: float
    n: int
    """Scenes or questions that it is about."""
    seed: int
    interval: tuple[float, float]


def wilson(right: int, n: int) -> tuple[float, float]:
    """95 % interval of a share of n."""
    share = right / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


def share_figure(name: str, marks: Sequence[bool], seed: int) -> Figure:
    """Share of true marks, of which there is one at least, with its Wilson interval."""
    right, n = sum(marks), len(marks)
    return Figure(name, round(right / n, 4), n, seed, wilson(right, n))


def bootstrap_figure(name: str, statistic: Callable[[Picks], float], n: int, seed: int) -> Figure:
    """A statistic of n scenes or questions with its bootstrap interval.

    `statistic` is given which of them to count, with repeats; it gives nan where these leave it
    undefined, as a ratio of nothing is, and such resamples are left out.
    """
    value = statistic(np.arange(n))
    if math.isnan(value):
        return Figure(name, value, n, seed, (value, value))
    rng = np.random.default_rng(seed)
    values = [statistic(rng.integers(0, n, n)) for _ in range(RESAMPLES)]
    low, high = np.nanquantile(values, (0.025, 0.975))
    return Figure(name, round(value, 4), n, seed, (round(float(low), 4), round(float(high), 4)))


def defined(found: Iterable[Figure]) -> list[Figure]:
    """Those that have a value: neither JSON nor people have a use for the others."""
    return [one for one in found if not math.isnan(one.value)]


def as_json(found: Sequence[Figure]) -> None:
    """One JSON line a figure."""
    for figure in found:
        print(json.dumps(asdict(figure)))


def as_table(found: Sequence[Figure]) -> None:
    """A table for people."""
    table = Table("figure", "value", "95 % interval", "n")
    for figure in found:
        low, high = figure.interval
        table.add_row(figure.name, f"{figure.value:.3f}", f"{low:.3f} to {high:.3f}", str(figure.n))
    Console().print(table)
