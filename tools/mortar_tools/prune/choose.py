"""What leaves: the blocks whose absence costs least, and the least important heads and channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from mortar.errors import UsageError

Scores = Sequence[NDArray[np.float64]]
"""Importance of each head or channel, one array a block; comparable between blocks."""

MULTIPLE = 32
"""Channels are kept in multiples of this: 4-bit types keep a scale for so many numbers of a row."""


@dataclass(frozen=True)
class Kept:
    """What stays of a block, in the order that it had."""

    block: int
    """Its number before."""
    heads: tuple[int, ...]
    channels: tuple[int, ...]


Plan = tuple[Kept, ...]
"""The blocks that stay, in their order."""


@dataclass(frozen=True)
class Wanted:
    """How much is to leave."""

    blocks: int = 0
    mlp: float = 0.0
    """Share of the channels of the blocks that stay."""
    heads: float = 0.0
    """Share of the attention heads of the blocks that stay."""
    uniform: bool = False
    """The same number of each from every block, instead of the least important of all."""

    @property
    def name(self) -> str:
        """For tables and plots."""
        parts = [f"{self.blocks} blocks" if self.blocks > 1 else "1 block"] if self.blocks else []
        parts += [f"{self.mlp:.0%} MLP"] if self.mlp else []
        parts += [f"{self.heads:.0%} heads"] if self.heads else []
        return " + ".join(parts) + (" (uniform)" if self.uniform else "")

    def check(self, blocks: int) -> None:
        """Raises UsageError where it is nothing, or more than a model of so many blocks can lose."""
        shares = (self.mlp, self.heads)
        if not 0 <= self.blocks < blocks or not all(0 <= share < 1 for share in shares):
            raise UsageError(
                "prune-too-much",
                f"of {blocks} blocks 0 to {blocks - 1} can leave, and shares are from 0 to below 1",
                "ask for less",
            )
        if not self.blocks and not any(shares):
            raise UsageError("prune-nothing", "nothing is to be pruned", "give --blocks, --mlp or --heads")


def least_missed(blocks: int, n: int, loss_without: Callable[[frozenset[int]], float]) -> frozenset[int]:
    """The n blocks to leave out, one after the other: each time the one whose absence, beside that of
    those before it, gives the least loss."""
    gone: frozenset[int] = frozenset()
    for _ in range(n):
        left = [block for block in range(blocks) if block not in gone]
        gone |= {min(left, key=lambda block: loss_without(gone | {block}))}
    return gone


def keep_best(scores: Scores, share: float, multiple: int, uniform: bool) -> list[tuple[int, ...]]:
    """What stays of each block when `share` of all leave: the highest scores, in groups of `multiple`
    of neighbouring rank in their block, at least one group of each block.

    A block whose size is no multiple of `multiple` has a smaller last group.
    """
    ranked = [np.argsort(-one, kind="stable") for one in scores]
    groups = [[rank[start : start + multiple] for start in range(0, len(rank), multiple)] for rank in ranked]
    if uniform:
        taken = [max(1, round(len(its) * (1 - share))) for its in groups]
    else:
        taken = _taken(scores, groups, share)
    return [
        tuple(sorted(int(one) for group in its[:n] for one in group))
        for its, n in zip(groups, taken, strict=True)
    ]


def _taken(scores: Scores, groups: Sequence[Sequence[NDArray[np.intp]]], share: float) -> list[int]:
    """How many groups of each block stay when the best of all blocks do."""
    room = round(sum(map(len, scores)) * (1 - share)) - sum(len(its[0]) for its in groups)
    later = [
        (float(scores[block][group].mean()), block, len(group))
        for block, its in enumerate(groups)
        for group in its[1:]
    ]
    # The groups of a block come in the order of their means, so taking the best of all takes its first ones.
    later.sort(key=lambda one: -one[0])
    sizes = accumulate(size for _, _, size in later)
    stay = [block for (_, block, _), so_far in zip(later, sizes, strict=True) if so_far <= room]
    return [1 + stay.count(block) for block in range(len(groups))]


def plan(wanted: Wanted, gone: frozenset[int], heads: Scores, channels: Scores) -> Plan:
    """What stays, when the blocks `gone` leave and the scores decide about the others."""
    left = [block for block in range(len(heads)) if block not in gone]
    kept_heads = keep_best([heads[one] for one in left], wanted.heads, 1, wanted.uniform)
    kept_channels = keep_best([channels[one] for one in left], wanted.mlp, MULTIPLE, wanted.uniform)
    return tuple(map(Kept, left, kept_heads, kept_channels))
