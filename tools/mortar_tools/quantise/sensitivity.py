"""What each part of the model bears: group by group, then block by block, then module by module.

A tiered search as QSLM's (arXiv 2601.00679), measured in llama.cpp itself. Alone among floats,

1. each group has every kind in turn: its damage at each kind;
2. each block of a group has PROBE: its share of the group's damage;
3. each module of the blocks that make up most of a group's damage has PROBE: its share of the block's.

The damage of a block or module at a kind is its share of its group's measured damage at that kind. So what
the modules of a group do to each other is counted, and a model of L blocks takes some 9 L measurements, not
that many for every kind.

Damage is divergence, not the loss that is wanted in the end: the loss of 4 bits and of 8 differ by less
than chance does, and some roundings lower it by luck. Divergence from the float model has no such luck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.quantise.hierarchy import Matrix, Part, Tier, parts
from mortar_tools.quantise.kinds import PROBE, Kind
from mortar_tools.quantise.marks import Measure, difference, figure
from mortar_tools.quantise.trials import Trials

MOST = 0.9
"""Of a group's damage: the modules of the blocks that it is made up of are measured. In the others, each has
the share that it has of the block's numbers."""

Damages = dict[Kind, float]
"""Nats a token that a part does where it has a kind."""


@dataclass(frozen=True)
class Sensitivity:
    """One part at one kind, everything else in floats."""

    tier: Tier
    part: Part
    kind: Kind
    divergence: Figure
    loss: Figure
    """How much more the loss is."""


@dataclass(frozen=True)
class Found:
    """All that was measured, and what follows for each part of each tier."""

    measured: tuple[Sensitivity, ...]
    damages: Mapping[Tier, Sequence[tuple[Part, Damages]]]


def trials_at_most(matrices: Sequence[Matrix]) -> int:
    """Measurements that `find` takes, for a progress bar."""
    groups, blocks, modules = (parts(matrices, tier) for tier in Tier)
    return sum(len(one.choices()) for one in groups) + len(blocks) + len(modules)


class Search:
    """Goes down the hierarchy."""

    def __init__(self, trials: Trials, seed: int) -> None:
        self._trials, self._seed = trials, seed
        self._measured: list[Sensitivity] = []

    def find(self) -> Found:
        groups, blocks, modules = (parts(self._trials.source.matrices, tier) for tier in Tier)
        of_group = {
            one.group: {kind: self._damage(Tier.GROUP, one, kind) for kind in one.choices()} for one in groups
        }
        damages: dict[Tier, list[tuple[Part, Damages]]] = {
            Tier.GROUP: [(one, of_group[one.group]) for one in groups],
            Tier.BLOCK: [],
            Tier.MODULE: [],
        }
        for group in groups:
            own = [one for one in blocks if one.group is group.group]
            worst, shares = self._shares(Tier.BLOCK, own, own)
            of_blocks = _shared(own, shares, of_group[group.group])
            damages[Tier.BLOCK] += of_blocks
            for block, damage in of_blocks:
                inside = [one for one in modules if (one.group, one.block) == (block.group, block.block)]
                _, shares = self._shares(Tier.MODULE, inside, inside if block in worst else [])
                damages[Tier.MODULE] += _shared(inside, shares, damage)
        return Found(tuple(self._measured), damages)

    def _shares(
        self, tier: Tier, own: Sequence[Part], tried: Sequence[Part]
    ) -> tuple[list[Part], list[float]]:
        """Those that make up MOST of the damage, and the share of each; by numbers where none is tried, and
        nothing to be found out where there is only one."""
        if len(own) == 1:
            return list(own), [1.0]
        weights = [self._damage(tier, one, PROBE) for one in tried] or [one.numbers for one in own]
        total = sum(weights) or 1.0
        worst, held = [], 0.0
        for one, weight in sorted(zip(own, weights, strict=True), key=lambda pair: -pair[1]):
            if held < MOST * total:
                worst.append(one)
            held += weight
        return worst, [weight / total for weight in weights]

    def _damage(self, tier: Tier, part: Part, kind: Kind) -> float:
        marks, before = self._trials.marks(part.kinds(kind)), self._trials.examiner.float_marks
        name = f"{part.name} at {kind.name}"
        apart = figure(name, marks, Measure.DIVERGENCE, self._seed)
        loss = difference(name, marks, before, Measure.LOSS, self._seed)
        self._measured.append(Sensitivity(tier, part, kind, apart, loss))
        return max(apart.value, 0.0)


def _shared(own: Sequence[Part], shares: Sequence[float], damage: Damages) -> list[tuple[Part, Damages]]:
    return [
        (one, {kind: share * damage[kind] for kind in one.choices()})
        for one, share in zip(own, shares, strict=True)
    ]
