"""Quality against size: what pruning costs, and what recovery gives back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

from mortar_tools.prune.trial import Row, Step
from mortar_tools.weights.quality import EXACT, F1

TITLES = {EXACT: "answers right in every word", F1: "things named in descriptions, F1"}
LOOKS = {
    Step.BEFORE: {"color": "black", "marker": "*", "markersize": 11},
    Step.PRUNED: {"color": "tab:orange", "marker": "o", "markerfacecolor": "white"},
    Step.RECOVERED: {"color": "tab:blue", "marker": "o"},
}


def save(rows: Sequence[Row], path: Path) -> None:
    """Each way of pruning before and after recovery, with its 95 % intervals; the front is joined."""
    figure, every = pyplot.subplots(1, len(TITLES), figsize=(11, 4.5), layout="constrained")
    for axes, (name, title) in zip(every, TITLES.items(), strict=True):
        for row in rows:
            held = row.figure(name)
            low, high = held.interval
            axes.errorbar(
                row.parameters / 1e6,
                held.value,
                yerr=[[held.value - low], [high - held.value]],
                label=row.step,
                **LOOKS[row.step],
            )
            if row is last_of(rows, row.name):
                at = (row.parameters / 1e6, held.value)
                axes.annotate(row.name, at, xytext=(5, -11), textcoords="offset points", fontsize=7)
        best = front(rows, name)
        axes.plot(
            [row.parameters / 1e6 for row in best],
            [row.figure(name).value for row in best],
            color="0.7",
            lw=1,
            zorder=0,
        )
        axes.set_xlabel("parameters of the language model (millions)")
        axes.set_ylabel(title)
        axes.set_ylim(0, 1)
        axes.grid(alpha=0.3)
    handles, labels = every[0].get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    every[0].legend(once.values(), once.keys(), loc="lower right")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def front(rows: Sequence[Row], name: str) -> list[Row]:
    """Those that nothing smaller is as good as, from the smallest on."""
    found: list[Row] = []
    for row in sorted(rows, key=lambda row: (row.parameters, -row.figure(name).value)):
        if not found or row.figure(name).value > found[-1].figure(name).value:
            found.append(row)
    return found


def last_of(rows: Sequence[Row], name: str) -> Row:
    """The last measurement of a way of pruning."""
    return [row for row in rows if row.name == name][-1]
