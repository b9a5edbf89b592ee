"""Which of the measured ways are worth having: the Pareto front, and the best within a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from mortar.errors import UsageError
from mortar_tools.tune.space import Measured


@dataclass(frozen=True)
class Budget:
    """The most that a look may cost."""

    wait_ms: float = inf
    memory_MB: float = inf
    energy_mJ: float = inf

    def holds(self, one: Measured) -> bool:
        return (
            one.cost.wait_ms <= self.wait_ms
            and one.cost.memory_MB <= self.memory_MB
            and one.energy_mJ <= self.energy_mJ
        )


COSTS: tuple[Callable[[Measured], float], ...] = (
    lambda one: one.cost.wait_ms,
    lambda one: one.cost.memory_MB,
    lambda one: one.energy_mJ,
)


def front(found: Sequence[Measured]) -> list[Measured]:
    """Those that no other is at least as good as in everything and better than in something.

    From the most accurate to the quickest.
    """
    kept = [one for one in found if not any(_dominates(other, one) for other in found)]
    return sorted(kept, key=lambda one: (-one.accuracy, one.cost.wait_ms))


def ladder(found: Sequence[Measured], budget: Budget, worth: float) -> list[Measured]:
    """The points to move along as power gets scarce: each quicker than the one before, the best first.

    Of what the budget allows, those that lose at most `worth` of accuracy to the best one. Raises
    UsageError where the budget allows none.
    """
    allowed = [one for one in found if budget.holds(one)]
    if not allowed:
        quickest = min(found, key=COSTS[0])
        raise UsageError(
            "budget-too-small",
            f"no way of looking fits the budget: the quickest is {quickest.way.name}, with "
            f"{quickest.cost.wait_ms:.1f} ms, {quickest.cost.memory_MB:.0f} MB, {quickest.energy_mJ:.1f} mJ",
            "allow more, or search further with --resolutions, --strides and --merge",
        )
    best = max(one.accuracy for one in allowed)
    steps: list[Measured] = []
    for one in front(allowed):
        if one.accuracy >= best - worth and (not steps or one.energy_mJ < steps[-1].energy_mJ):
            steps.append(one)
    return steps


def _dominates(one: Measured, other: Measured) -> bool:
    as_good = one.accuracy >= other.accuracy and all(cost(one) <= cost(other) for cost in COSTS)
    better = one.accuracy > other.accuracy or any(cost(one) < cost(other) for cost in COSTS)
    return as_good and better
