"""Whether the checkpoint, the shipped files and libmtmd say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np

from mortar_tools.cards.evaluate.exam import Exam
from mortar_tools.cards.evaluate.figures import Figure, Picks, bootstrap_figure, defined, share_figure
from mortar_tools.cards.evaluate.results import MEASURES, f1_figure, mean_figure, share_figures, tally

COMPARED = (
    "answer_accuracy",
    "describe_exact",
    "count_accuracy",
    "place_accuracy",
    "yes_no_accuracy",
    "refusal_accuracy",
)
"""Measures with enough questions that one answer does not move them by a point."""


def compare(exams: Mapping[str, Exam], seed: int) -> list[Figure]:
    """Figures of each candidate of the same exam, and how far each two are apart.

    Of a difference the interval is a paired bootstrap's. 0.01 is a point.
    """
    found: list[Figure] = []
    for name, exam in exams.items():
        own = [f1_figure("objects_f1", exam.described, seed), *share_figures(exam.replies, seed)]
        found += [replace(one, name=f"{name}_{one.name}") for one in own if _is_compared(one.name)]
    apart: list[Figure] = []
    for one, other in combinations(exams, 2):
        same = [said == its for said, its in zip(exams[one].texts(), exams[other].texts(), strict=True)]
        found.append(share_figure(f"same_answers_{one}_{other}", same, seed))
        apart += differences(f"{one}_minus_{other}_", exams[one], exams[other], seed)
    apart = defined(apart)
    return [*defined(found), *apart, greatest(apart)]


def _is_compared(name: str) -> bool:
    return name in ("objects_f1", *COMPARED)


def differences(prefix: str, one: Exam, other: Exam, seed: int) -> list[Figure]:
    """How much more the one gets right than the other, by kind of question."""
    first, second = tally(one.described), tally(other.described)

    def by_f1(picks: Picks) -> float:
        return first.f1(picks) - second.f1(picks)

    found = [bootstrap_figure(f"{prefix}objects_f1", by_f1, len(one.described), seed)]
    for measure in MEASURES:
        if measure.name not in COMPARED:
            continue
        lead = np.array(
            [
                int(reply.right) - int(its.right)
                for reply, its in zip(one.replies, other.replies, strict=True)
                if reply.turn.kind in measure.kinds
            ]
        )
        if len(lead):
            found.append(mean_figure(prefix + measure.name, lead, seed))
    return found


def greatest(apart: list[Figure]) -> Figure:
    """The difference that is furthest from none, without its sign."""
    found = max(apart, key=lambda one: abs(one.value))
    low, high = found.interval if found.value >= 0 else (-found.interval[1], -found.interval[0])
    return replace(found, name="greatest_difference", value=abs(found.value), interval=(low, high))
