"""The plot of `mortar tools eval watching` as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from mortar.bricks.eye.gate import Gate
from mortar_tools.cards.evaluate.plots import BLUE, GREEN, ORANGE, RED, STYLE
from mortar_tools.watching import sequences
from mortar_tools.watching.figures import CHOSEN, Point
from mortar_tools.watching.measures import MEASURES
from mortar_tools.watching.sequences import Kind
from mortar_tools.watching.sequences import Sequence as Frames

COLOURS = {"whole": GREEN, "cells": ORANGE, "outside": BLUE}
LABELS = {
    "whole": "mean difference of the whole picture",
    "cells": "the cell that differs most",
    "outside": "what shake and noise do not explain (the gate)",
}
SHOWN = (Kind.SHAKE, Kind.FLICKER, Kind.MOVES, Kind.HAND)
"""Sequences of which the score is drawn, frame by frame."""


def save(path: Path, title: str, curves: Mapping[str, Sequence[Point]], seed: int) -> None:
    """Misses against false alarms; beside it some sequences and the gate's score in them."""
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(11, 4.6), layout="constrained")
        left, right = canvas.subfigures(1, 2, width_ratios=(1, 1.15))
        _curves(left.subplots(), curves)
        rows = right.subplots(len(SHOWN), 2, width_ratios=(1, 3))
        for (picture, score), kind in zip(rows, SHOWN, strict=True):
            _sequence(picture, score, sequences.draw(kind, seed))
        rows[-1][1].set_xlabel("frame")
        canvas.suptitle(title, fontsize=9)
        canvas.savefig(path, metadata={"Date": None})


def _curves(axes: Axes, curves: Mapping[str, Sequence[Point]]) -> None:
    for measure, points in curves.items():
        across = [point.alarms.value for point in points]
        along = [point.missed.value for point in points]
        axes.plot(across, along, ".-", color=COLOURS[measure], label=LABELS[measure])
        for point in points:
            if point.limit == MEASURES[measure].chosen:
                axes.plot([point.alarms.value], [point.missed.value], "o", color=COLOURS[measure])
    axes.set(
        xlabel="still frames that are encoded for nothing, share",
        ylabel="changes missed, share",
        xlim=(-0.005, 0.2),
        ylim=(-0.01, 0.5),
    )
    axes.legend()


def _sequence(picture: Axes, score: Axes, frames: Frames) -> None:
    """The frame in the middle, and the gate's score of each; dots are those that it lets through."""
    picture.imshow(frames.frames[len(frames.frames) // 2])
    picture.set_axis_off()
    gate, scores, passed = Gate(), [], []
    for index in range(len(frames.frames)):
        luma = frames.luma(index)
        verdict = gate.judge(luma)
        scores.append(max(verdict.score, 0.05))
        if verdict.is_changed:
            gate.take(luma)
            passed.append(index)
    score.semilogy(scores, color=BLUE)
    score.plot(passed, [scores[index] for index in passed], "o", color=RED, markersize=4)
    score.axhline(MEASURES[CHOSEN].chosen, color=ORANGE, linewidth=0.8)
    for index in np.flatnonzero(np.diff(frames.content)):
        score.axvline(index + 1, color="grey", linewidth=0.8, linestyle=":")
    score.set_ylim(0.05, 255)
    score.set_title(frames.kind.value, fontsize=8, loc="left")
