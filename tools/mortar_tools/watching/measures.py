"""The measures that the gate could compare two frames with: its own, and two that are simpler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mortar.bricks.eye.gate import CHANGED, Levels, Measure, outside, worst_cell


def whole(frame: Levels, expected: Levels) -> float:
    """The mean difference of all pixels: what most motion detectors begin with."""
    return float(np.abs(frame - expected).mean())


def cells(frame: Levels, expected: Levels) -> float:
    """The mean difference of the cell that differs most."""
    return worst_cell(np.abs(frame - expected))


@dataclass(frozen=True)
class Measured:
    measure: Measure
    chosen: float
    """The limit in use, or the one that did best with it on the seeds of `SEEDS["tune"]`."""
    limits: Sequence[float]
    """Those of the curve, in levels."""


MEASURES: Mapping[str, Measured] = {
    "whole": Measured(whole, 2.0, (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12)),
    "cells": Measured(cells, 16.0, (4, 8, 12, 16, 20, 24, 32, 40, 48, 64)),
    "outside": Measured(outside, CHANGED, (1, 2, 3, 4, 5, 6, 8, 12, 16, 24)),
}
"""By the names that figures have."""
