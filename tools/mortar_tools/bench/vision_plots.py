"""The plot of `mortar tools bench vision`: time against peak memory, as shares of libmtmd's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure as Canvas

from mortar_tools.bench.figures import Figure
from mortar_tools.cards.evaluate.plots import BLUE, GREEN, ORANGE, STYLE

TIME, PEAK = "_time_ratio", "_peak_ratio"

COLOURS = {
    "tflite_f16_to_libmtmd_f16": BLUE,
    "tflite_int8_to_libmtmd_f16": GREEN,
    "tflite_int8_to_libmtmd_q8": ORANGE,
}
"""Comparison → colour, and its label in words."""


def save(path: Path, figures: Sequence[Figure]) -> None:
    """A point for each tower and comparison; left of and below the lines is ahead of libmtmd."""
    by_name = {one.name: one for one in figures}
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(7, 5), layout="constrained")
        axes = canvas.subplots()
        axes.axhline(1, color="grey", linewidth=0.8)
        axes.axvline(1, color="grey", linewidth=0.8)
        for comparison, colour in COLOURS.items():
            axes.plot([], [], "o", color=colour, label=comparison.replace("_to_", " to ").replace("_", " "))
            for name, time in by_name.items():
                if not name.endswith(f"_{comparison}{TIME}"):
                    continue
                peak = by_name[name.removesuffix(TIME) + PEAK]
                axes.errorbar(
                    time.value,
                    peak.value,
                    xerr=[[time.value - time.spread[0]], [time.spread[1] - time.value]],
                    fmt="o",
                    color=colour,
                )
                tower = name.removesuffix(f"_{comparison}{TIME}").replace("_", " ")
                axes.annotate(tower, (time.value, peak.value), (5, 5), textcoords="offset points", fontsize=8)
        axes.set(xlabel="time, share of libmtmd's", ylabel="peak memory, share of libmtmd's")
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.legend()
        canvas.savefig(path, metadata={"Date": None})
