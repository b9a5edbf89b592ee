"""What may be spent: bytes, bits or time; and the kinds that a budget buys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mortar.errors import UsageError
from mortar_tools.quantise.allocate import Choice, allocate
from mortar_tools.quantise.hierarchy import Matrix, Part, Tier
from mortar_tools.quantise.kinds import LADDER, Kind, fitting
from mortar_tools.quantise.sensitivity import Found
from mortar_tools.quantise.source import Source

Kinds = dict[str, Kind]
"""Of the matrices, by name."""


@dataclass(frozen=True)
class Budget:
    """The most that the matrices may cost, in the unit of `cost`."""

    most: int
    cost: Callable[[Matrix, Kind], int]
    said: Callable[[int], str]
    """A cost of all matrices, for people."""


def of_bytes(source: Source, file_bytes: int) -> Budget:
    """The whole file has at most so many."""
    return Budget(
        file_bytes - source.rest_bytes,
        lambda matrix, kind: kind.size_bytes(matrix.numbers),
        lambda cost: f"{cost + source.rest_bytes} bytes",
    )


def of_bits(source: Source, bits: float) -> Budget:
    """A number of the matrices has at most so many, its share of the scales among them."""
    numbers = sum(one.numbers for one in source.matrices)
    return Budget(
        int(bits * numbers),
        lambda matrix, kind: int(kind.bits * matrix.numbers),
        lambda cost: f"{cost / numbers:.3f} bits a number",
    )


@dataclass(frozen=True)
class Bought:
    """What a tier of the search makes of a budget."""

    tier: Tier
    kinds: Kinds
    damage: float
    """That is expected of it, nats a token."""


def require_affordable(source: Source, budget: Budget) -> None:
    """Raises UsageError where not even the cheapest kinds are within the budget."""
    least = sum(min(budget.cost(one, fitting(kind, one.row)) for kind in LADDER) for one in source.matrices)
    if least > budget.most:
        raise UsageError(
            "budget-too-small",
            f"{source.path.name} cannot be made to fit {budget.said(budget.most)}: "
            f"the least that it can have is {budget.said(least)}",
            "allow more, or prune the model first: mortar tools prune",
        )


def buy(found: Found, budget: Budget, tier: Tier) -> Bought | None:
    """The least damage within the budget; None where the tier is too coarse for it."""
    held = found.damages[tier]
    priced = [[Choice(_cost(part, kind, budget), damage[kind]) for kind in damage] for part, damage in held]
    chosen = allocate(priced, budget.most)
    if chosen is None:
        return None
    kinds: Kinds = {}
    for (part, damage), at in zip(held, chosen, strict=True):
        kinds |= part.kinds(list(damage)[at])
    expected = sum(choices[at].damage for choices, at in zip(priced, chosen, strict=True))
    return Bought(tier, kinds, expected)


def _cost(part: Part, kind: Kind, budget: Budget) -> int:
    given = part.kinds(kind)
    return sum(budget.cost(one, given[one.name]) for one in part.matrices)
