"""What a cascade is worth, on questions that set none of its thresholds; each figure with its interval."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from mortar.runtimes.manifest import SelfTest
from mortar_tools.calibrate.cascade import Outcome, outcome
from mortar_tools.calibrate.replies import Replies
from mortar_tools.calibrate.thresholds import GRADED, Questions, Rule, auroc
from mortar_tools.cards.evaluate.figures import Picks, bootstrap_figure

SHOWN = (*GRADED, SelfTest.AGREEMENT)
"""Self-tests that are compared; the others almost every answer passes."""


@dataclass(frozen=True)
class Figure:
    """One line of `--json`, with its 95 % bootstrap interval over scenes."""

    name: str
    value: float
    unit: str
    n: int
    """Questions, each about a scene of its own."""
    seed: int
    interval: tuple[float, float]
    meaning: str


def figures(
    models: Sequence[Replies], firsts: Sequence[Rule], rules: Sequence[Rule], test: Questions, seed: int
) -> list[Figure]:
    """Of the questions `test`, but for the thresholds themselves. What is not defined is left out: the error
    of answers where none is given."""
    found = outcome(models, rules)
    wanted = [*_alone(models, firsts), *_cascade(models, found), *_self_tests(models)]

    def made(name: str, unit: str, meaning: str, statistic: Statistic) -> Figure:
        held = bootstrap_figure(name, lambda picks: statistic(test[picks]), len(test), seed)
        return Figure(name, held.value, unit, len(test), seed, held.interval, meaning)

    told = [
        *_thresholds("sure_from", models, rules, seed),
        *_thresholds("alone_sure_from", models[1:], firsts[1:], seed),
        *(made(*one) for one in wanted),
    ]
    return [one for one in told if math.isfinite(one.value)]


def _thresholds(what: str, models: Sequence[Replies], rules: Sequence[Rule], seed: int) -> Iterator[Figure]:
    """What was calibrated, and on how many sure answers."""
    for model, rule in zip(models, rules, strict=True):
        name, least = f"{model.name}_{what}", round(rule.least, 6)
        meaning = f"{rule.test} from which on it is sure"
        yield Figure(name, least, str(rule.test), rule.n, seed, (least, least), meaning)


Statistic = Callable[[Questions], float]
Wanted = tuple[str, str, str, Statistic]
"""Name, unit, meaning, and the value for these questions, some of them more than once."""


def _alone(models: Sequence[Replies], firsts: Sequence[Rule]) -> Iterator[Wanted]:
    largest = models[-1]
    for model, first in zip(models, firsts, strict=True):
        sure, name = model.sure(first.test, first.least), model.name
        yield f"{name}_accuracy", "share", f"{name} alone: answers right", _mean(model.right)
        yield f"{name}_alone_not_sure", "share", f"{name} alone: answers that it is not sure of", _mean(~sure)
        yield (
            f"{name}_alone_error_if_sure",
            "share",
            f"{name} alone: wrong among the answers that it is sure of",
            _error(sure, model.right),
        )
    for model in models[:-1]:
        yield (
            f"{model.name}_cpu_ratio",
            "ratio",
            f"{model.name} alone: processor time of an answer, against {largest.name}'s",
            _ratio(model.cpu_ms, largest.cpu_ms),
        )


def _cascade(models: Sequence[Replies], found: Outcome) -> Iterator[Wanted]:
    largest = models[-1]
    yield (
        "cascade_accuracy",
        "share",
        "cascade: answers right, those it doubts among them",
        _mean(found.right),
    )
    yield (
        "cascade_escalated",
        "share",
        "questions that the first model is not sure of",
        _mean(~models_sure(found, 0)),
    )
    yield "cascade_not_sure", "share", "questions that no model is sure of", _mean(~found.sure)
    yield (
        "cascade_error_if_sure",
        "share",
        "wrong among the answers that some model is sure of",
        _error(found.sure, found.right),
    )
    for number, model in enumerate(models):
        sure = models_sure(found, number)
        yield (
            f"{model.name}_error_if_sure",
            "share",
            f"wrong among those that {model.name} is sure of",
            _error(sure, found.right),
        )
    yield (
        "not_sure_error",
        "share",
        "wrong among those that no model is sure of",
        _error(~found.sure, found.right),
    )
    yield (
        "cascade_cpu_ratio",
        "ratio",
        f"cascade: processor time of an answer, against {largest.name} alone",
        _ratio(found.cpu_ms, largest.cpu_ms),
    )
    yield (
        "cascade_parameters_ratio",
        "ratio",
        f"cascade: parameters asked per question, against {largest.name} alone",
        lambda picks: float(found.parameters[picks].mean() / largest.parameters),
    )


def models_sure(found: Outcome, number: int) -> NDArray[Any]:
    """[questions] whether that model's answer was given as one that it is sure of."""
    sure: NDArray[Any] = found.sure & (found.answered_by == number)
    return sure


def _self_tests(models: Sequence[Replies]) -> Iterator[Wanted]:
    for model in models:
        for test in SHOWN:
            yield (
                f"{model.name}_{test}_auroc",
                "AUROC",
                f"{test}: a wrong answer of {model.name} scores less than a right one",
                lambda picks, model=model, test=test: auroc(model, test, picks),  # type: ignore[misc]
            )


def _mean(values: NDArray[Any]) -> Statistic:
    return lambda picks: float(values[picks].mean())


def _ratio(values: NDArray[Any], against: NDArray[Any]) -> Statistic:
    return lambda picks: float(values[picks].sum() / against[picks].sum())


def _error(given: NDArray[Any], right: NDArray[Any]) -> Statistic:
    def error(picks: Picks) -> float:
        taken = picks[given[picks]]
        return float((~right[taken]).mean()) if len(taken) else math.nan

    return error


def as_lines(found: Sequence[Figure]) -> list[str]:
    """One JSON object a line."""
    return [
        json.dumps({name: held for name, held in asdict(one).items() if name != "meaning"}) for one in found
    ]
