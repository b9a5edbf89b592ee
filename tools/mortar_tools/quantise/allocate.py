"""The most quality that a budget buys: a multiple-choice knapsack, solved exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

MOST_STEPS = 20_000
"""That a budget is divided into. Where the costs have no common measure as large as a step, each is rounded
up to the next one, so that no budget is ever overdrawn."""


@dataclass(frozen=True)
class Choice:
    """One way to keep a part."""

    cost: int
    """In whatever the budget is in."""
    damage: float
    """That it does to the model, nats a token."""


def allocate(parts: Sequence[Sequence[Choice]], budget: int) -> list[int] | None:
    """Which choice of each part makes the least damage in all, at a cost of at most the budget.

    None where even the cheapest ones cost more. Dynamic programming over parts and steps of the budget:
    Kellerer, Pferschy and Pisinger, Knapsack Problems (2004), section 11.5.
    """
    cheapest = [min(range(len(part)), key=lambda at, part=part: part[at].cost) for part in parts]
    if sum(part[at].cost for part, at in zip(parts, cheapest, strict=True)) > budget:
        return None
    step = max(gcd(*(choice.cost for part in parts for choice in part)), -(-budget // MOST_STEPS), 1)
    steps = budget // step
    least = np.zeros(steps + 1)
    taken = np.zeros((len(parts), steps + 1), np.int16)
    for n, part in enumerate(parts):
        best = np.full(steps + 1, np.inf)
        for at, choice in enumerate(part):
            cost = -(-choice.cost // step)
            if cost > steps:
                continue
            with_it = least[: steps + 1 - cost] + choice.damage
            better = with_it < best[cost:]
            best[cost:][better] = with_it[better]
            taken[n, cost:][better] = at
        least = best
    if not np.isfinite(least[steps]):
        return cheapest  # they fit exactly, but not rounded up
    chosen = []
    for n in reversed(range(len(parts))):
        at = int(taken[n, steps])
        chosen.append(at)
        steps -= -(-parts[n][at].cost // step)
    return chosen[::-1]
