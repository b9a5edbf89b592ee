"""Plots: the front, and what each part of the model bears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from mortar_tools.quantise.marks import POINTS, Measure, difference, figure
from mortar_tools.quantise.sensitivity import Sensitivity

MARKS = {Family.UNIFORM: (ORANGE, "o"), Family.MIXTURE: (GREEN, "s"), Family.HIERARCHY: (BLUE, "D")}
COLOURS = {Group.EMBEDDING: ORANGE, Group.ATTENTION: BLUE, Group.MLP: GREEN, Group.OTHER: RED}
APART = "divergence from the float model, nats a token"


def save(canvas: Canvas, path: Path) -> None:
    """The same figures give the same file."""
    with matplotlib.rc_context(STYLE):
        canvas.savefig(path, metadata={"Date": None})


def front(found: Sequence[Candidate], seed: int) -> Canvas:
    """Divergence and exact answers lost against the size of the file, with intervals."""
    whole = next(one for one in found if one.family is Family.FLOAT)

    def apart(one: Candidate) -> Figure:
        return figure(one.name, one.marks, Measure.DIVERGENCE, seed)

    def gained(one: Candidate) -> Figure:
        return difference(one.name, one.marks, whole.marks, Measure.EXACT, seed)

    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(9, 4.4), layout="constrained")
        left, right = canvas.subplots(1, 2)
        _by_size(left, found, apart, 1.0)
        left.set(yscale="log", xlabel="file, MB", ylabel=APART)
        _named(left, found, apart)
        _by_size(right, found, gained, POINTS)
        right.axhline(0, color="grey", linewidth=0.8)
        right.set(xlabel="file, MB", ylabel="answers exactly right: points more than the float model's")
        handles, labels = right.get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside lower center", ncols=3)
    return canvas


def _by_size(
    axes: Axes, found: Sequence[Candidate], value_of: Callable[[Candidate], Figure], scale: float
) -> None:
    for family, (colour, sign) in MARKS.items():
        held = sorted((one for one in found if one.family is family), key=lambda one: one.size_bytes)
        values = [value_of(one) for one in held]
        axes.errorbar(
            [one.size_bytes / 1e6 for one in held],
            [one.value * scale for one in values],
            yerr=errors(values) * scale,
            fmt=sign,
            markersize=4,
            linestyle="-" if family is Family.HIERARCHY else "none",
            linewidth=0.8,
            elinewidth=0.8,
            color=colour,
            label=family.value,
        )


def _named(axes: Axes, found: Sequence[Candidate], value_of: Callable[[Candidate], Figure]) -> None:
    """Names of what llama.cpp makes by itself, on the side that its own do not crowd."""
    sides = {Family.UNIFORM: (-4, -9, "right"), Family.MIXTURE: (5, 3, "left")}
    for one in found:
        if one.family in sides:
            right, up, align = sides[one.family]
            axes.annotate(
                one.name,
                (one.size_bytes / 1e6, value_of(one).value),
                xytext=(right, up),
                textcoords="offset points",
                horizontalalignment=align,
                fontsize=6,
            )


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
            fmt=".",
            elinewidth=0.8,
            color=COLOURS[group],
            label=f"{group}, {held[0].part.numbers / 1e6:.2f} M numbers",
        )
    axes.set(yscale="log", xlabel="bits a number, that group alone", ylabel=APART)
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
