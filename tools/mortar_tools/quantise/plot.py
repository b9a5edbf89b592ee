"""Plots: the front, and what each part of the model bears."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.evaluate.plots import BLUE, GREEN, ORANGE, RED, STYLE, errors
from mortar_tools.quantise.front import Candidate, Family
from mortar_tools.quantise.hierarchy import BLOCK, Group, Tier
from mortar_tools.quantise.kinds import PROBE
from mortar_tools.quantise.marks import Measure, figure
from mortar_tools.quantise.sensitivity import Sensitivity

MARKS = {Family.UNIFORM: (ORANGE, "o"), Family.MIXTURE: (GREEN, "s"), Family.HIERARCHY: (BLUE, "D")}
COLOURS = {Group.EMBEDDING: ORANGE, Group.ATTENTION: BLUE, Group.MLP: GREEN, Group.OTHER: RED}
LABELS = {
    Measure.DIVERGENCE: "divergence from the float model, nats a token",
    Measure.LOSS: "loss, nats a token",
    Measure.EXACT: "answers exactly right",
}


def save(canvas: Canvas, path: Path) -> None:
    """The same figures give the same file."""
    with matplotlib.rc_context(STYLE):
        canvas.savefig(path, metadata={"Date": None})


def front(found: Sequence[Candidate], seed: int) -> Canvas:
    """Divergence and exact answers against the size of the file, with intervals."""
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(9, 4.2), layout="constrained")
        left, right = canvas.subplots(1, 2)
        _by_size(left, found, Measure.DIVERGENCE, seed)
        left.set_yscale("log")
        _by_size(right, found, Measure.EXACT, seed)
        whole = next(one for one in found if one.family is Family.FLOAT)
        right.axhline(whole.marks.value(Measure.EXACT), color="grey", linestyle="--", label="float")
        handles, labels = right.get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside lower center", ncols=4)
    return canvas


def _by_size(axes: Axes, found: Sequence[Candidate], measure: Measure, seed: int) -> None:
    for family, (colour, sign) in MARKS.items():
        held = sorted((one for one in found if one.family is family), key=lambda one: one.size_bytes)
        values = [figure(one.name, one.marks, measure, seed) for one in held]
        axes.errorbar(
            [one.size_bytes / 1e6 for one in held],
            [one.value for one in values],
            yerr=errors(values),
            fmt=sign,
            markersize=4,
            linestyle="-" if family is Family.HIERARCHY else "none",
            linewidth=0.8,
            color=colour,
            label=family.value,
        )
        if family is not Family.HIERARCHY:
            for one, value in zip(held, values, strict=True):
                at = (one.size_bytes / 1e6, value.value)
                axes.annotate(one.name, at, xytext=(4, 3), textcoords="offset points", fontsize=6)
    axes.set(xlabel="file, MB", ylabel=LABELS[measure])


def sensitivity(found: Sequence[Sensitivity]) -> Canvas:
    """Groups at every kind; modules at the probe, by block."""
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(9, 3.8), layout="constrained")
        left, right = canvas.subplots(1, 2)
        _groups(left, [one for one in found if one.tier is Tier.GROUP])
        _modules(canvas, right, [one for one in found if one.tier is Tier.MODULE])
    return canvas


def _groups(axes: Axes, found: Sequence[Sensitivity]) -> None:
    for group in Group:
        held = sorted((one for one in found if one.part.group is group), key=lambda one: one.kind.bits)
        if not held:
            continue
        values: list[Figure] = [one.divergence for one in held]
        axes.errorbar(
            [one.kind.bits for one in held],
            [one.value for one in values],
            yerr=errors(values),
            fmt=".-",
            linewidth=0.8,
            color=COLOURS[group],
            label=f"{group}, {held[0].part.numbers / 1e6:.2f} M numbers",
        )
    axes.set(yscale="log", xlabel="bits a number, that group alone", ylabel=LABELS[Measure.DIVERGENCE])
    axes.legend()


def _modules(canvas: Canvas, axes: Axes, found: Sequence[Sensitivity]) -> None:
    rows = sorted({BLOCK.sub("", one.part.name).removesuffix(".weight") for one in found})
    columns = sorted({one.part.block for one in found}, key=lambda block: int(block or -1))
    grid = np.full((len(rows), len(columns)), np.nan)
    for one in found:
        row = rows.index(BLOCK.sub("", one.part.name).removesuffix(".weight"))
        grid[row, columns.index(one.part.block)] = one.divergence.value
    if grid.size:
        shown = axes.imshow(grid, cmap="viridis", aspect="auto")
        canvas.colorbar(shown, ax=axes, label="divergence, nats a token")
    axes.grid(visible=False)
    axes.set_xticks(range(len(columns)), [f"block {block}" if block else "outside" for block in columns])
    axes.set_yticks(range(len(rows)), rows)
    axes.set_title(f"each module alone at {PROBE.name}; empty: not measured", fontsize=8)
