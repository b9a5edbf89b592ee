"""What becomes of questions in a cascade with given rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mortar_tools.calibrate.replies import Marks, Replies
from mortar_tools.calibrate.thresholds import Rule


@dataclass(frozen=True)
class Outcome:
    """Arrays [questions]."""

    answered_by: NDArray[np.int64]
    """Number of the model that was sure; where none was, of the last."""
    sure: Marks
    right: Marks
    """The answer that people hear: where nobody is sure, the last model's, and that it is not sure."""
    cpu_ms: NDArray[np.float64]
    parameters: NDArray[np.float64]
    """Of all models that were asked."""


def outcome(models: Sequence[Replies], rules: Sequence[Rule]) -> Outcome:
    """Every question goes from model to model until one is sure."""
    n = len(models[0])
    answered_by = np.full(n, len(models) - 1)
    sure = np.zeros(n, np.bool_)
    right = models[-1].right.copy()
    cpu_ms, parameters = np.zeros(n), np.zeros(n)
    for number, (model, rule) in enumerate(zip(models, rules, strict=True)):
        cpu_ms += np.where(sure, 0.0, model.cpu_ms)
        parameters += np.where(sure, 0.0, model.parameters)
        here = ~sure & model.sure(rule.test, rule.least)
        answered_by[here], right[here] = number, model.right[here]
        sure |= here
    return Outcome(answered_by, sure, right, cpu_ms, parameters)
