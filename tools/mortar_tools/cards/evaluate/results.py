"""The figures of an exam."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.evaluate.calibration import (
    Floats,
    Marks,
    calibration_error,
    low_confidence_auroc,
)
from mortar_tools.cards.evaluate.exam import SIZES, Described, Exam, Reply
from mortar_tools.cards.evaluate.figures import (
    Figure,
    Picks,
    bootstrap_figure,
    defined,
    share_figure,
)
from mortar_tools.cards.evaluate.marking import Things, number_said
from mortar_tools.cards.language.answers import UNANSWERABLE, UNKNOWN_WORD
from mortar_tools.cards.language.questions import Kind
from mortar_tools.cards.things import NUMBERS, UNKNOWN


@dataclass(frozen=True)
class Measure:
    """A share of answers in which every word is right."""

    name: str
    meaning: str
    kinds: tuple[Kind, ...]


COUNTS = (Kind.COUNT, Kind.COUNT_ALL)
CANNOT_ANSWER = (Kind.UNKNOWN, Kind.UNANSWERABLE)
REFUSALS = (UNKNOWN_WORD, UNANSWERABLE)
"""Either is honest about any of CANNOT_ANSWER, whose wordings it has never met."""

MEASURES = (
    Measure("answer_accuracy", "answers of all kinds", tuple(Kind)),
    Measure("describe_exact", "descriptions", (Kind.DESCRIBE,)),
    Measure("count_accuracy", "how many there are", COUNTS),
    Measure("where_accuracy", "where a thing is", (Kind.WHERE,)),
    Measure("side_accuracy", "what is on a side", (Kind.SIDE,)),
    Measure("place_accuracy", "these two together", (Kind.WHERE, Kind.SIDE)),
    Measure("yes_no_accuracy", "is it there, yes or no", (Kind.YES_NO,)),
    Measure("colour_accuracy", "colours of shapes", (Kind.COLOUR,)),
    Measure("compare_accuracy", "which there are more of", (Kind.COMPARE,)),
    Measure("between_accuracy", "what is between two", (Kind.BETWEEN,)),
    Measure("refusal_dark", "refusal: a covered lens", (Kind.DARK,)),
    Measure("refusal_empty", "refusal: an empty table", (Kind.EMPTY,)),
    Measure("refusal_unknown", "refusal: a word never taught", (Kind.UNKNOWN,)),
    Measure("refusal_unanswerable", "refusal: no picture can tell", (Kind.UNANSWERABLE,)),
    Measure(
        "refusal_accuracy",
        "all refusals together",
        (Kind.DARK, Kind.EMPTY, Kind.UNKNOWN, Kind.UNANSWERABLE),
    ),
)

MEANINGS = {
    "objects_f1": "things that a description names, F1",
    "objects_precision": "of the things it names, those that are there",
    "objects_recall": "of the things that are there, those it names",
    "unknown_card_f1": "pictures never taught, told as a card it does not know, F1",
    **{measure.name: f"{measure.meaning}, every word right" for measure in MEASURES},
    "refused_either_way": "what it cannot answer, refused in words meant for this or for an unknown word",
    "count_error_mean": "distance of the number said from the right one, mean",
    "calibration_error": "expected calibration error of the confidence",
    "low_confidence_auroc": "a wrong answer is less confident than a right one, AUROC",
    "unseen_style_f1": "F1 in a drawing style that it never met",
    "unseen_style_describe_exact": "descriptions in that style, every word right",
}
"""Name of a figure → what it is, for people; what groups and prefixes mean stands in the report."""

Statistic = Callable[[Floats, Marks], float]

CONTROL = "shuffled_"
"""Before the name of a figure: with another scene's picture."""


@dataclass(frozen=True)
class Tally:
    """How many things were named rightly, were named, and were there: each [scenes]."""

    hits: NDArray[np.int64]
    said: NDArray[np.int64]
    there: NDArray[np.int64]

    def f1(self, picks: Picks) -> float:
        """nan where nothing is there and nothing is named."""
        return ratio(2 * self.hits[picks].sum(), self.said[picks].sum() + self.there[picks].sum())

    def precision(self, picks: Picks) -> float:
        """nan where nothing is named."""
        return ratio(self.hits[picks].sum(), self.said[picks].sum())

    def recall(self, picks: Picks) -> float:
        """nan where nothing is there."""
        return ratio(self.hits[picks].sum(), self.there[picks].sum())


def ratio(part: int, whole: int) -> float:
    """nan where there is nothing to be right or wrong about."""
    return float(part / whole) if whole else float("nan")


def tally(described: Iterable[Described], unknown: bool = False) -> Tally:
    """Count the things that it knows, or the cards that it should admit not to know."""

    def counted(found: Things) -> int:
        return found[UNKNOWN] if unknown else found.total() - found[UNKNOWN]

    rows = [(counted(one.said & one.present), counted(one.said), counted(one.present)) for one in described]
    hits, said, there = np.array(rows, np.int64).T
    return Tally(hits, said, there)


def f1_figure(name: str, described: Sequence[Described], seed: int) -> Figure:
    """F1 of the things that it knows."""
    return bootstrap_figure(name, tally(described).f1, len(described), seed)


def object_figures(described: Sequence[Described], seed: int) -> list[Figure]:
    """How well descriptions name what is there."""
    known, unknown, n = tally(described), tally(described, unknown=True), len(described)
    statistics = {
        "objects_f1": known.f1,
        "objects_precision": known.precision,
        "objects_recall": known.recall,
        "unknown_card_f1": unknown.f1,
    }
    return [bootstrap_figure(name, statistic, n, seed) for name, statistic in statistics.items()]


def share_figures(replies: Sequence[Reply], seed: int) -> list[Figure]:
    """Shares of right answers by kind of question, where there are any."""
    found = []
    for measure in MEASURES:
        marks = [reply.right for reply in replies if reply.turn.kind in measure.kinds]
        if marks:
            found.append(share_figure(measure.name, marks, seed))
    return found


def refused(replies: Sequence[Reply], seed: int) -> list[Figure]:
    """Whether it admits in one way or another that it cannot answer, where it cannot."""
    marks = [reply.answer.text in REFUSALS for reply in replies if reply.turn.kind in CANNOT_ANSWER]
    return [share_figure("refused_either_way", marks, seed)] if marks else []


def mean_figure(name: str, values: NDArray[np.int64], seed: int) -> Figure:
    """Mean of values, of which there is one at least."""
    return bootstrap_figure(name, lambda picks: float(values[picks].mean()), len(values), seed)


def count_error(replies: Sequence[Reply], seed: int) -> list[Figure]:
    """How far numbers are from right, where any were asked for."""
    errors = np.array(
        [
            abs(number_said(reply.answer.text) - number_said(reply.turn.answer))
            for reply in replies
            if reply.turn.kind in COUNTS
        ]
    )
    if not len(errors):
        return []
    return [mean_figure("count_error_mean", errors, seed)]


def confidence_figures(replies: Sequence[Reply], seed: int) -> list[Figure]:
    """What the confidence of an answer is worth."""
    right = np.array([reply.right for reply in replies])
    confidences = np.array([reply.answer.confidence for reply in replies])
    statistics = {"calibration_error": calibration_error, "low_confidence_auroc": low_confidence_auroc}
    return [
        bootstrap_figure(name, resampling(statistic, confidences, right), len(right), seed)
        for name, statistic in statistics.items()
    ]


def resampling(statistic: Statistic, confidences: Floats, right: Marks) -> Callable[[Picks], float]:
    """The statistic as a function of which answers count."""
    return lambda picks: statistic(confidences[picks], right[picks])


def group_figures(described: Sequence[Described], seed: int) -> list[Figure]:
    """F1 by number of cards, size, light and style."""
    members: dict[str, list[Described]] = {}
    for one in described:
        for group in one.groups:
            members.setdefault(group, []).append(one)
    ordered = [f"of_{number}" for number in NUMBERS[1:]] + [f"size_{name}" for name, _ in SIZES]
    names = [name for name in ordered if name in members] + sorted(set(members) - set(ordered))
    return [f1_figure(f"objects_f1_{name}", members[name], seed) for name in names]


def figures(exam: Exam, seed: int) -> list[Figure]:
    """All figures of an exam that are defined."""
    return defined(
        [
            *object_figures(exam.described, seed),
            *share_figures(exam.replies, seed),
            *refused(exam.replies, seed),
            *count_error(exam.replies, seed),
            *confidence_figures(exam.replies, seed),
            *group_figures(exam.described, seed),
        ]
    )


def control_figures(exam: Exam, seed: int) -> list[Figure]:
    """What a shuffled exam is right about, which is what can be said without looking."""
    described = f1_figure("objects_f1", exam.described, seed)
    found = defined([described, *share_figures(exam.replies, seed)])
    return [Figure(CONTROL + one.name, one.value, one.n, one.seed, one.interval) for one in found]


def unseen_figures(exam: Exam, seed: int) -> list[Figure]:
    """How it does in a drawing style that it never met."""
    exact = [reply.right for reply in exam.replies if reply.turn.kind == Kind.DESCRIBE]
    found = [f1_figure("unseen_style_f1", exam.described, seed)]
    return defined(found + ([share_figure("unseen_style_describe_exact", exact, seed)] if exact else []))
