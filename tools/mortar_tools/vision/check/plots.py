"""Plots of a check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure as Canvas

from mortar.runtimes.forms import MOST_LOST
from mortar.runtimes.interfaces import Pixels
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.evaluate.plots import BLUE, GREEN, ORANGE, PURPLE, RED, SKY, errors
from mortar_tools.vision.check.results import POINTS, Result

COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
LINES = ("-", "--", ":")
NEAREST, FURTHEST = 1e-8, 1.0
"""Of 1 - cosine: what is drawn."""


def histogram(found: Sequence[Result]) -> Canvas:
    """How many tokens are how far from the reference."""
    canvas = Canvas(figsize=(7, 3.6), layout="constrained")
    axes = canvas.subplots()
    edges = np.geomspace(NEAREST, FURTHEST, 65)
    for number, one in enumerate(found):
        far = np.clip(1 - one.nearness.all.ravel(), NEAREST, FURTHEST)
        turn, colour = divmod(number, len(COLOURS))
        axes.hist(
            far,
            edges,
            histtype="step",
            linewidth=1.4,
            linestyle=LINES[turn % len(LINES)],
            color=COLOURS[colour],
            label=one.name,
        )
    axes.set(xscale="log", xlabel="1 - cosine to the reference, of each image token", ylabel="tokens")
    canvas.legend(loc="outside lower center")
    return canvas


def accuracy(found: Sequence[Result], whole: Figure) -> Canvas:
    """What each form loses of the whole model's answer accuracy."""
    asked = [(one.name, one.lost) for one in found if one.lost is not None]
    canvas = Canvas(figsize=(7, 0.45 * len(asked) + 1.4), layout="constrained")
    axes = canvas.subplots()
    lost = [figure for _, figure in asked]
    axes.errorbar(
        [figure.value * POINTS for figure in lost],
        range(len(lost)),
        xerr=errors(lost) * POINTS,
        fmt="o",
        color=BLUE,
        capsize=3,
    )
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.axvline(MOST_LOST, color=RED, linewidth=1, linestyle="--", label="the most that INT8 may lose")
    axes.set_yticks(range(len(asked)), [name for name, _ in asked])
    axes.set(
        ylim=(len(asked) - 0.4, -0.6),
        xlabel=f"points of answer accuracy lost, 95 % interval; the reference has {whole.value:.1%}",
    )
    canvas.legend(loc="outside lower center")
    return canvas


def worst(found: Sequence[Result], pictures: Pixels) -> Canvas:
    """Each form's worst picture, and beside it how near each of its tokens is."""
    canvas = Canvas(figsize=(7, 2.6 * len(found)), layout="constrained")
    rows = canvas.subplots(len(found), 2, squeeze=False)
    for (left, right), one in zip(rows, found, strict=True):
        number = one.nearness.worst_picture
        own = one.nearness.all[number]
        # Tokens lie over the picture in rows where they are a square's; a line of them otherwise.
        side = int(np.sqrt(own.size))
        grid = own.reshape(side, side) if side * side == own.size else own[np.newaxis]
        left.imshow(pictures[number])
        shown = right.imshow(1 - grid, cmap="magma", vmin=0)
        canvas.colorbar(shown, ax=right, label="1 - cosine")
        left.set_title(f"{one.name}\npicture {number}, mean cosine {own.mean():.6f}", fontsize=7)
        for axes in (left, right):
            axes.set_xticks([])
            axes.set_yticks([])
    return canvas
