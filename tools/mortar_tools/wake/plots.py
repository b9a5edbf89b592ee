"""The curve of `mortar tools eval wake` as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from mortar_tools.cards.evaluate.plots import BLUE, GREEN, ORANGE, STYLE, errors
from mortar_tools.wake.figures import Point

LABELLED = 5
"""Every so manieth point says its sensitivity."""


def save(path: Path, title: str, points: Sequence[Point], sensitivity: float) -> None:
    """Misses against false accepts an hour, and what sensitivity changes; it stands out at `sensitivity`."""
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(9, 4), layout="constrained")
        left, right = canvas.subplots(1, 2)
        _against(left, points, sensitivity)
        _by_sensitivity(right, points, sensitivity)
        canvas.suptitle(title, fontsize=9)
        canvas.savefig(path, metadata={"Date": None})


def _against(axes: Axes, points: Sequence[Point], sensitivity: float) -> None:
    false, missed = [point.false_accepts for point in points], [point.misses for point in points]
    across, along = [one.value for one in false], [one.value for one in missed]
    axes.errorbar(
        across, along, errors(missed), errors(false), fmt="none", color=BLUE, elinewidth=0.7, alpha=0.35
    )
    axes.plot(across, along, ".-", color=BLUE)
    for point in points[::LABELLED]:
        place = (point.false_accepts.value, point.misses.value)
        axes.annotate(f"{point.sensitivity:g}", place, textcoords="offset points", xytext=(5, 5), fontsize=8)
    chosen = min(points, key=lambda point: abs(point.sensitivity - sensitivity))
    here = ([chosen.false_accepts.value], [chosen.misses.value])
    axes.plot(*here, "o", color=ORANGE, label="operating point")
    axes.set(xlabel="false accepts an hour", ylabel="share of sayings missed", xlim=(0, None), ylim=(0, None))
    axes.legend()


def _by_sensitivity(axes: Axes, points: Sequence[Point], sensitivity: float) -> None:
    across = [point.sensitivity for point in points]
    near = [point.near_misses for point in points if point.near_misses]
    series = [("sayings missed", BLUE, [point.misses for point in points])]
    series += [("near misses heard", GREEN, near)] if near else []
    for label, colour, found in series:
        along = [one.value for one in found]
        axes.errorbar(across, along, yerr=errors(found), fmt=".-", color=colour, label=label, elinewidth=0.7)
    axes.axvline(sensitivity, color=ORANGE, label="operating point")
    axes.set(xlabel="sensitivity", ylabel="share", ylim=(0, 1))
    axes.legend()
