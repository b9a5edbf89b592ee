"""The curve of `mortar tools eval wake` as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure as Canvas

from mortar_tools.cards.evaluate.plots import BLUE, ORANGE, STYLE, errors
from mortar_tools.wake.figures import Point

LABELLED = 5
"""Every so manieth point says its sensitivity."""


def save(path: Path, word: str, points: Sequence[Point], sensitivity: float) -> None:
    """Misses against false accepts an hour; the point at `sensitivity` stands out."""
    with matplotlib.rc_context(STYLE):
        _drawn(word, points, sensitivity).savefig(path, metadata={"Date": None})


def _drawn(word: str, points: Sequence[Point], sensitivity: float) -> Canvas:
    canvas = Canvas(figsize=(6, 4), layout="constrained")
    axes = canvas.subplots()
    false, missed = [point.false_accepts for point in points], [point.misses for point in points]
    across, along = [one.value for one in false], [one.value for one in missed]
    bars = {"xerr": errors(false), "yerr": errors(missed), "elinewidth": 0.7, "alpha": 0.35}
    axes.errorbar(across, along, **bars, fmt="none", color=BLUE)
    axes.plot(across, along, ".-", color=BLUE)
    for point in points[::LABELLED]:
        at = (point.false_accepts.value, point.misses.value)
        axes.annotate(f"{point.sensitivity:g}", at, textcoords="offset points", xytext=(5, 5), fontsize=8)
    chosen = min(points, key=lambda point: abs(point.sensitivity - sensitivity))
    axes.plot([chosen.false_accepts.value], [chosen.misses.value], "o", color=ORANGE, label="operating point")
    axes.set(xlabel="false accepts an hour", ylabel="share of sayings missed", xlim=(0, None), ylim=(0, None))
    axes.set_title(f"{word}, by sensitivity; bars are 95 % intervals; synthetic sound", fontsize=9)
    axes.legend()
    return canvas
