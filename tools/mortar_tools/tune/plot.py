"""The ways of looking, by what they are worth and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

from mortar_tools.tune.space import Measured

MEMORY_AREA = 6.0
"""Square points of a dot for each MB."""


def save(
    found: Sequence[Measured], front: Sequence[Measured], ladder: Sequence[Measured], path: Path
) -> None:
    """Accuracy against the wait; a dot's area is its memory. The front is joined, the ladder named."""
    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for one in found:
        chosen = one in ladder
        axes.errorbar(
            one.cost.wait_ms,
            one.accuracy,
            yerr=[[one.accuracy - one.interval[0]], [one.interval[1] - one.accuracy]],
            fmt="none",
            ecolor="0.8",
            zorder=1,
        )
        axes.scatter(
            one.cost.wait_ms,
            one.accuracy,
            s=max(one.cost.memory_MB, 1) * MEMORY_AREA,
            color="tab:blue" if chosen else "0.6",
            zorder=2,
        )
        if chosen:
            axes.annotate(
                one.way.name, (one.cost.wait_ms, one.accuracy), xytext=(6, -14), textcoords="offset points"
            )
    steps = sorted(front, key=lambda one: one.cost.wait_ms)
    axes.plot(
        [one.cost.wait_ms for one in steps], [one.accuracy for one in steps], color="tab:blue", lw=1, zorder=1
    )
    axes.set_xlabel("wait for one look: encoding, and reading its tokens (ms)")
    axes.set_ylabel("answers right in every word")
    axes.set_title("Ways of looking: the line is the Pareto front, a dot's area its memory")
    axes.grid(alpha=0.3)
    figure.savefig(path)
    pyplot.close(figure)
