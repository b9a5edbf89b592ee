"""Pictures over graphs of fixed batch sizes, and what overlapping two stages can gain. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Batch:
    """Pictures `first` up to `end` in one run of the graph that takes `size`: the rest of it is padding."""

    first: int
    end: int
    size: int


def plan(n: int, sizes: Collection[int]) -> list[Batch]:
    """`n` pictures in order over graphs of `sizes`: the largest that is full, each time.

    Nine over 4 and 1 are 4 + 4 + 1. A batch is padded only at the end, where no graph is small enough.
    """
    batches: list[Batch] = []
    first = 0
    while first < n:
        size = max((size for size in sizes if size <= n - first), default=min(sizes))
        batches.append(Batch(first, min(first + size, n), size))
        first += size
    return batches


def allowed(sizes: Collection[int], most: int) -> list[int]:
    """Those of `sizes` up to `most`, or the smallest where none is; all where `most` is 0. Ascending."""
    ascending = sorted(sizes)
    if most == 0:
        return ascending
    return [size for size in ascending if size <= most] or ascending[:1]


def overlapped_ms(patches_ms: Sequence[float], blocks_ms: Sequence[float]) -> float:
    """The least time for all batches when a batch's patches are embedded during the blocks of the one before.

    p₀ + Σ max(bₖ, pₖ₊₁) + b_last. BlueLM-V-3B's nine tiles, 4 + 4 + 1: 160 + 800 + 800 + 300 = 2060 ms.
    """
    during = [max(b, p) for b, p in zip(blocks_ms[:-1], patches_ms[1:], strict=True)]
    return patches_ms[0] + sum(during) + blocks_ms[-1]
