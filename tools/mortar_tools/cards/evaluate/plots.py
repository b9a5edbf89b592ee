"""Plots of an exam. Colours are Okabe and Ito's, which every kind of sight can tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from mortar_tools.cards.evaluate.calibration import Floats, Marks, bins, risk_by_coverage
from mortar_tools.cards.evaluate.confusion import NOTHING, confusions, most_confused, name_of
from mortar_tools.cards.evaluate.exam import Described, Reply
from mortar_tools.cards.evaluate.figures import Figure, wilson
from mortar_tools.cards.evaluate.results import CONTROL, MEASURES

BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"

STYLE: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "mortar",
}
"""matplotlib's settings: text stays text, and the same figures give the same file."""

Curve = list[dict[str, Any]]
"""Lines of a metrics.jsonl: step, minutes, and shares of held-out answers right by kind."""

ROWS, MORE_COLUMNS = 30, 10
"""Things in the confusion picture, and what else these are taken for."""

POINTS = 200
"""Of a curve; more cannot be seen."""


def errors(found: Sequence[Figure]) -> NDArray[np.float64]:
    """[2, figures] distance of the interval's ends from the value."""
    return np.array(
        [
            [max(0.0, one.value - one.interval[0]) for one in found],
            [max(0.0, one.interval[1] - one.value) for one in found],
        ]
    )


def kinds(found: Mapping[str, Figure]) -> Canvas:
    """Bars with intervals for each kind of question, and beside each what is right without looking."""
    labels = {"objects_f1": "things named, F1"} | {one.name: one.meaning for one in MEASURES}
    names = [name for name in labels if name in found]
    canvas = Canvas(figsize=(7, 0.42 * len(names) + 1.1), layout="constrained")
    axes = canvas.subplots()
    rows = np.arange(len(names))
    series = ((0.2, "", BLUE, "with its picture"), (-0.2, CONTROL, ORANGE, "with another scene's picture"))
    for shift, prefix, colour, label in series:
        here = [
            (row, found[prefix + name])
            for row, name in zip(rows, names, strict=True)
            if prefix + name in found
        ]
        own = [one for _, one in here]
        axes.barh(
            [row - shift for row, _ in here],
            [one.value for one in own],
            0.38,
            xerr=errors(own),
            color=colour,
            label=label,
            error_kw={"elinewidth": 1, "capsize": 2},
        )
        for row, one in here:
            axes.text(1.02, row - shift, f"{one.value:.1%}", va="center", fontsize=7.5)
    axes.set_yticks(rows, [labels[name] for name in names])
    axes.set(xlim=(0, 1), ylim=(len(names) - 0.45, -0.55))
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("share right, with 95 % interval")
    canvas.legend(loc="outside lower center", ncols=2)
    return canvas


CONDITIONS = {"of_": "cards", "size_": "smallest card", "light_": "light", "style_": "drawing style"}
"""Prefix of a group → what it is a group of."""


def conditions(found: Mapping[str, Figure]) -> Canvas:
    """F1 by number of cards, size, light and style."""
    panels: dict[str, list[tuple[str, Figure]]] = {}
    for prefix, title in CONDITIONS.items():
        start = f"objects_f1_{prefix}"
        panels[title] = [(name[len(start) :], one) for name, one in found.items() if name.startswith(start)]
    if (unseen := found.get("unseen_style_f1")) is not None:
        panels["drawing style"].append(("never met", unseen))
    panels = {title: rows for title, rows in panels.items() if rows}
    sizes = [len(rows) for rows in panels.values()]
    canvas = Canvas(figsize=(7, 0.24 * sum(sizes) + 0.5 * len(sizes) + 0.6), layout="constrained")
    grid = canvas.subplots(len(sizes), sharex=True, height_ratios=sizes, squeeze=False)
    for axes, (title, rows) in zip(grid[:, 0], panels.items(), strict=True):
        own = [one for _, one in rows]
        places = range(len(rows))
        axes.errorbar(
            [one.value for one in own], places, xerr=errors(own), fmt="o", color=BLUE, capsize=2, markersize=4
        )
        axes.set_yticks(places, [f"{label.replace('_', ' ')}  ({one.n})" for label, one in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_xlim(0, 1.02)
    grid[-1, 0].set_xlabel("things named, F1, with 95 % interval (scenes)")
    return canvas


def marks(replies: Sequence[Reply]) -> tuple[Floats, Marks]:
    """Confidence of each answer, and whether it is right."""
    return np.array([one.answer.confidence for one in replies]), np.array([one.right for one in replies])


def reliability(replies: Sequence[Reply]) -> Canvas:
    """Share of right answers by confidence: on the diagonal, confidence is what it says."""
    canvas = Canvas(figsize=(4.6, 4.6), layout="constrained")
    axes = canvas.subplots()
    parts = list(bins(*marks(replies)))
    own = [Figure("", one.right / one.n, one.n, 0, wilson(one.right, one.n)) for one in parts]
    axes.plot((0, 1), (0, 1), color="grey", linewidth=1, linestyle="--")
    axes.errorbar(
        [one.confidence for one in parts],
        [one.value for one in own],
        yerr=errors(own),
        color=BLUE,
        marker="o",
        markersize=4,
        linewidth=1,
        capsize=2,
    )
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01), xlabel="confidence", ylabel="share of answers right")
    axes.set_aspect("equal")
    return canvas


def risk(replies: Sequence[Reply]) -> Canvas:
    """Share of wrong answers among the most confident ones, by how many of all are given."""
    canvas = Canvas(figsize=(5.4, 3.4), layout="constrained")
    axes = canvas.subplots()
    confidences, right = marks(replies)
    wrong = risk_by_coverage(confidences, right)
    shown = np.unique(np.linspace(0, len(wrong) - 1, POINTS).astype(int))
    axes.plot((shown + 1) / len(wrong), wrong[shown], color=BLUE, label="the surest given")
    axes.axhline(float(np.mean(~right)), color="grey", linewidth=1, linestyle="--", label="all answers given")
    axes.set(xlim=(0, 1.01), xlabel="share of questions answered, the surest first", ylabel="share wrong")
    axes.set_ylim(bottom=0)
    axes.legend(loc="best")
    return canvas


def confusion(described: Sequence[Described]) -> Canvas:
    """The things that are mistaken most often, and for what."""
    found = confusions(described)
    rows = most_confused(found, ROWS)
    shares = found / np.maximum(found.sum(1, keepdims=True), 1)
    often = np.argsort(-found[rows].sum(0), kind="stable")
    columns = [*rows, *[int(kind) for kind in often if kind not in (*rows, NOTHING)][:MORE_COLUMNS], NOTHING]
    others = [kind for kind in range(len(found)) if kind not in columns]
    picture = np.column_stack((shares[np.ix_(rows, columns)], shares[np.ix_(rows, others)].sum(1)))
    canvas = Canvas(figsize=(8.2, 7.4) if len(rows) > ROWS // 2 else (6, 5), layout="constrained")
    axes = canvas.subplots()
    if rows:
        # By the square root: a mistake in 25 can be seen beside what is right.
        shade = PowerNorm(0.5, 0, 1)
        image = axes.imshow(picture, cmap="cividis", norm=shade, aspect="auto", interpolation="nearest")
        canvas.colorbar(image, ax=axes, label="share of its cards", shrink=0.7)
    names = [name_of(kind) for kind in columns]
    axes.set_xticks(range(len(names) + 1), [*names, "(something else)"], rotation=90)
    axes.set_yticks(range(len(rows)), [name_of(kind) for kind in rows])
    axes.grid(visible=False)
    axes.set(xlabel="said", ylabel="there, the most often mistaken first")
    return canvas


LEARNED = {
    "covered_patches": ("patches of things", "grey"),
    "describe": ("descriptions", BLUE),
    "count": ("counts", ORANGE),
    "where": ("places", GREEN),
    "yes_no": ("yes or no", RED),
    "unknown": ("words never taught", PURPLE),
    "compare": ("comparisons", SKY),
}
"""Key of a line of metrics → label and colour of its curve."""


def learning(curves: Mapping[str, Curve]) -> Canvas:
    """Shares of held-out answers right while it was trained, a panel for each training run."""
    canvas = Canvas(figsize=(4.2 * max(1, len(curves)), 3.6), layout="constrained")
    grid = canvas.subplots(1, max(1, len(curves)), sharey=True, squeeze=False)
    for axes, (title, lines) in zip(grid[0], curves.items(), strict=False):
        _learning_panel(axes, title, lines)
    grid[0, 0].set_ylabel("share right, held-out scenes")
    grid[0, 0].set_ylim(0, 1.02)
    return canvas


def _learning_panel(axes: Axes, title: str, lines: Curve) -> None:
    for key, (label, colour) in LEARNED.items():
        points = [(line["minutes"], line[key]) for line in lines if key in line]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, label=label, linewidth=1.3)
    axes.set(xlabel="minutes of training", title=title)
    axes.set_xlim(left=0)
    axes.legend(loc="lower right", fontsize=7.5)
