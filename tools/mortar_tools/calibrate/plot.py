"""Two pictures of a calibration: what a cascade costs and is worth, and what each self-test knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure as Canvas

from mortar_tools.calibrate.cascade import outcome
from mortar_tools.calibrate.figures import SHOWN
from mortar_tools.calibrate.replies import Replies
from mortar_tools.calibrate.thresholds import Questions, Rule
from mortar_tools.cards.evaluate.calibration import risk_by_coverage
from mortar_tools.cards.evaluate.figures import bootstrap_figure
from mortar_tools.cards.evaluate.plots import BLUE, GREEN, ORANGE, PURPLE, RED, SKY, STYLE

SWEPT = 60
"""Thresholds of the first model along the curve."""

POINTS = 200
"""Of a curve; more cannot be seen."""

COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)


def save(models: Sequence[Replies], rules: Sequence[Rule], test: Questions, seed: int, folder: Path) -> None:
    """accuracy.svg and risk.svg."""
    with rc_context(STYLE):
        accuracy(models, rules, test, seed).savefig(folder / "accuracy.svg", metadata={"Date": None})
        risk(models, test).savefig(folder / "risk.svg", metadata={"Date": None})


def accuracy(models: Sequence[Replies], rules: Sequence[Rule], test: Questions, seed: int) -> Canvas:
    """Answers right over processor time, while the first model's threshold goes from never to always sure."""
    canvas = Canvas(figsize=(7, 4.2), layout="constrained")
    axes = canvas.subplots()
    largest, first = models[-1], models[0]
    spent_ms = largest.cpu_ms[test].mean()
    swept = np.quantile(first.scores[rules[0].test][test], np.linspace(0, 1, SWEPT))
    curve = []
    for least in (*swept, np.inf):
        found = outcome(models, [replace(rules[0], least=float(least)), *rules[1:]])
        curve.append((found.cpu_ms[test].mean() / spent_ms, found.right[test].mean()))
    axes.plot(
        *zip(*curve, strict=True), color=BLUE, linewidth=1.3, label="cascade, its first threshold swept"
    )
    ends = [(model.cpu_ms[test].mean() / spent_ms, model.right[test].mean()) for model in models]
    axes.plot(
        *zip(*ends, strict=True),
        color="grey",
        linewidth=1,
        linestyle="--",
        label="one or the other, by chance",
    )
    found = outcome(models, rules)
    marks = [
        *((f"always {model.name}", model.cpu_ms, model.right, "s", "black") for model in models),
        ("cascade as calibrated", found.cpu_ms, found.right, "o", BLUE),
    ]
    for label, cpu_ms, right, marker, colour in marks:
        share = bootstrap_figure(
            "", lambda picks, right=right: float(right[test[picks]].mean()), len(test), seed
        )
        low, high = share.interval
        x = float(cpu_ms[test].mean() / spent_ms)
        axes.errorbar(
            x,
            share.value,
            yerr=[[share.value - low], [high - share.value]],
            fmt=marker,
            color=colour,
            capsize=2,
        )
        axes.annotate(label, (x, share.value), xytext=(6, -12), textcoords="offset points", fontsize=8)
    axes.set(
        xlabel=f"processor time of an answer, against {largest.name} alone",
        ylabel="answers right, with 95 % interval",
    )
    axes.legend(loc="lower right")
    return canvas


def risk(models: Sequence[Replies], test: Questions) -> Canvas:
    """Share wrong among the answers given, the surest first, by each self-test; a panel for each model."""
    canvas = Canvas(figsize=(4.2 * len(models), 4.0), layout="constrained")
    grid = canvas.subplots(1, len(models), sharey=True, squeeze=False)
    for axes, model in zip(grid[0], models, strict=True):
        for name, colour in zip(SHOWN, COLOURS, strict=False):
            scores = model.scores[name][test]
            made = ~np.isnan(scores)
            wrong = risk_by_coverage(scores[made], model.right[test][made])
            shown = np.unique(np.linspace(0, len(wrong) - 1, POINTS).astype(int))
            label = name.replace("_", " ")
            axes.plot((shown + 1) / len(wrong), wrong[shown], color=colour, label=label, linewidth=1.2)
        axes.axhline(float((~model.right[test]).mean()), color="grey", linewidth=1, linestyle="--")
        axes.set(title=model.name, xlabel="share of questions answered, the surest first", xlim=(0, 1.01))
        axes.set_ylim(bottom=0)
    grid[0, 0].set_ylabel("share wrong of these")
    canvas.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return canvas
