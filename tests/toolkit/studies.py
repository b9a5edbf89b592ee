"""Forms of the small toolkit's graph, and what would be found about them."""

from __future__ import annotations

import numpy as np

from mortar.runtimes.forms import Precision
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.vision.check.cosines import Nearness
from mortar_tools.vision.check.results import Result


def halves(shown: np.ndarray) -> np.ndarray:
    upper, lower = np.split(shown.astype(np.float32), 2, 1)
    return np.stack([upper.mean((1, 2)), lower.mean((1, 2))], 1)


def result(precision: Precision, cosine: float, lost_points: float | None = None) -> Result:
    nearness = Nearness(np.full((3, 2), cosine))
    if lost_points is None:
        return Result("form", precision, "a simulator", "torch", nearness)
    lost = Figure("answer_accuracy", lost_points / 100, 100, 0, (-0.01, 0.03))
    return Result("form", precision, "a simulator", "torch", nearness, lost, lost)
