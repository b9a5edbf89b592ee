"""From which score on an answer is sure: for each model of a cascade, on questions that reach it.

The questions fall into parts that share no scene. The first chooses the self-test, and in which order
thresholds are tried; then each model has a part of its own for its threshold, so that what a later model is
tested with does not depend on how an earlier one's was found; the last is only looked at for the figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from mortar.runtimes.manifest import SelfTest
from mortar_tools.calibrate.bound import last_that_holds, p_value
from mortar_tools.calibrate.replies import Marks, Replies, Scores
from mortar_tools.cards.evaluate.calibration import low_confidence_auroc

GRADED = (
    SelfTest.PROBABILITY,
    SelfTest.MEAN_LOG_PROBABILITY,
    SelfTest.LEAST_LOG_PROBABILITY,
    SelfTest.DECIDING_ENTROPY,
)
"""Those that one answer is enough for, of which one gets a threshold."""

STEPS = 60
"""Thresholds that are tried."""

STRICTER = 0.6
"""Of the way from the strictest threshold to the best one."""

NEVER = math.inf
"""The threshold of a model that is sure of nothing."""

Questions = NDArray[np.int64]
"""Numbers of questions."""


@dataclass(frozen=True)
class Parts:
    choosing: Questions
    calibrating: tuple[Questions, ...]
    """One for each model."""
    test: Questions


def parts(n: int, models: int, seed: int) -> Parts:
    """Shuffled. Fewer questions reach a later model, and harder ones, so its part is larger."""
    sizes = [1, *(number + 2 for number in range(models)), 2]
    ends = [0, *(round(n * end / sum(sizes)) for end in accumulate(sizes))]
    order = np.random.default_rng(seed).permutation(n)
    choosing, *calibrating, test = (order[start:end] for start, end in pairwise(ends))
    return Parts(choosing, tuple(calibrating), test)


@dataclass(frozen=True)
class Rule:
    """A model's answer is sure where it scores `least` in `test`."""

    test: SelfTest
    least: float
    wrong: int
    """Of `n` answers that were sure in the calibration, so many were wrong."""
    n: int


def calibrated(models: Sequence[Replies], split: Parts, error: float, confidence: float) -> list[Rule]:
    """A rule for each model, from small to large.

    With probability `confidence` every one of them holds: of the answers that it calls sure, among the
    questions that reach it, a share of `error` at most is wrong.
    """
    most = (1 - confidence) / len(models)
    rules: list[Rule] = []
    choosing = split.choosing
    for number, model in enumerate(models):
        own = reaching(models[:number], rules, split.calibrating[number])
        rules.append(rule(model, choosing, own, error, most))
        choosing = reaching(models[: number + 1], rules, split.choosing)
    return rules


def asked_first(
    models: Sequence[Replies], rules: Sequence[Rule], split: Parts, error: float, confidence: float
) -> list[Rule]:
    """A rule for each model where no other is asked before it: the first one's own, and for each later one
    that which it has alone; each holds by itself with probability `confidence`."""
    later = zip(models[1:], split.calibrating[1:], strict=True)
    return [rules[0], *(rule(model, split.choosing, own, error, 1 - confidence) for model, own in later)]


def reaching(before: Sequence[Replies], rules: Sequence[Rule], questions: Questions) -> Questions:
    """Those that none of the models before is sure of."""
    for model, rule in zip(before, rules, strict=True):
        questions = questions[~model.sure(rule.test, rule.least)[questions]]
    return questions


def rule(model: Replies, choosing: Questions, own: Questions, error: float, most: float) -> Rule:
    """`choosing` sets the test and the order of thresholds, `own` how far to go along it."""
    test = most_telling(model, choosing)
    tried = candidates(model.scores[test][choosing])
    promises = [_p(model.sure(test, least), model.right, choosing, error) for least in tried]
    # From where the choosing part promises most, and, since that is chance as well, from a stricter one.
    best = int(np.argmin(promises)) if promises else 0
    p_values = [_p(model.sure(test, least), model.right, own, error) for least in tried]
    last = last_that_holds(p_values, most, (int(best * STRICTER), best))
    least = NEVER if last is None else float(tried[last])
    sure = own[model.sure(test, least)[own]]
    return Rule(test, least, int((~model.right[sure]).sum()), len(sure))


def candidates(scores: Scores) -> Scores:
    """Thresholds to try, from the strictest."""
    if not len(scores):
        return scores
    return np.unique(np.quantile(scores, np.linspace(0, 1, STEPS)))[::-1]


def most_telling(model: Replies, questions: Questions) -> SelfTest:
    """The self-test that tells wrong answers from right ones best; of those that differ by less than a
    hundredth of AUROC, which is noise among some hundred answers, the first."""
    return max(GRADED, key=lambda test: round(_known(auroc(model, test, questions)), 2))


def auroc(model: Replies, test: SelfTest, questions: Questions) -> float:
    """Probability that a wrong answer scores less than a right one, where the test could be made."""
    scores = model.scores[test][questions]
    made = ~np.isnan(scores)
    return low_confidence_auroc(scores[made], model.right[questions][made])


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _p(sure: Marks, right: Marks, questions: Questions, error: float) -> float:
    taken = questions[sure[questions]]
    return p_value(int((~right[taken]).sum()), len(taken), error)
