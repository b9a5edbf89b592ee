"""How much each voice is understood under each condition, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure as Canvas

from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.evaluate.plots import BLUE, GREEN, ORANGE, PURPLE, RED, SKY, STYLE, errors
from mortar_tools.ears.figures import figure_name

COLOURS = (BLUE, SKY, RED, ORANGE, GREEN, PURPLE)
SPREAD = 0.6
"""Of a voice's row that its conditions lie in, side by side."""


ALL = "all"


def save(path: Path, title: str, found: Sequence[Figure], voices: Mapping[str, Mapping[str, Figure]]) -> None:
    """A row for all voices and one for each; `voices` is condition → voice → share understood."""
    shares = {one.name: one for one in found}
    series = {name: {ALL: shares[figure_name("understood", name)], **own} for name, own in voices.items()}
    names = list(next(iter(series.values())))
    rows, shifts = np.arange(len(names)), np.linspace(-SPREAD / 2, SPREAD / 2, len(series) + 2)[1:-1]
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(7, 0.5 * len(names) + 1.5), layout="constrained")
        axes = canvas.subplots()
        for shift, colour, (condition, own) in zip(shifts, COLOURS, series.items(), strict=False):
            own_shares = [own[name] for name in names]
            axes.errorbar(
                [one.value for one in own_shares],
                rows + shift,
                xerr=errors(own_shares),
                fmt="o",
                color=colour,
                label=condition,
                markersize=4,
                capsize=2,
                elinewidth=0.8,
            )
        axes.set_yticks(rows, names)
        axes.set(xlim=(0, 1.02), ylim=(len(names) - 0.4, -0.6))
        axes.set(xlabel="share of questions understood, with 95 % interval", title=title)
        canvas.legend(loc="outside lower center", ncols=len(series))
        canvas.savefig(path, metadata={"Date": None})
