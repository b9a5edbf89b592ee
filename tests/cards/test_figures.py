"""Figures are what the arithmetic says, on inputs where that is known."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("cv2", reason="scenes are drawn with the tools extra")

from mortar_tools.cards.answerers.answer import Answer
from mortar_tools.cards.evaluate.calibration import (
    bins,
    calibration_error,
    low_confidence_auroc,
    risk_by_coverage,
)
from mortar_tools.cards.evaluate.compare import compare
from mortar_tools.cards.evaluate.confusion import NOTHING, confusions, most_confused, worst
from mortar_tools.cards.evaluate.exam import Described, Exam, Reply
from mortar_tools.cards.evaluate.figures import as_json, bootstrap_figure, defined, share_figure, wilson
from mortar_tools.cards.evaluate.results import control_figures, figures, tally
from mortar_tools.cards.language import Turn
from mortar_tools.cards.things import UNKNOWN

CAT, DOG, CUP = 0, 1, 2
SEED = 7


def described(said: dict[int, int], there: dict[int, int], *groups: str) -> Described:
    return Described("", Counter(said), Counter(there), groups)


def reply(kind: str, said: str, right: str, confidence: float = 0.9) -> Reply:
    return Reply(Turn(kind, "?", right), Answer(said, confidence, 2))


def test_wilson_knows_the_textbook() -> None:
    """Newcombe 1998: 81 of 263, and the two ends, where the plain interval has no width."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(20, 20) == pytest.approx((0.8389, 1.0), abs=1e-4)


def test_a_share() -> None:
    figure = share_figure("x", [True, True, False, True], SEED)
    assert (figure.value, figure.n, figure.seed) == (0.75, 4, SEED)
    assert figure.interval[0] < 0.75 < figure.interval[1]


def test_a_bootstrap_interval_is_as_wide_as_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(5, 1, 2_000)
    figure = bootstrap_figure("x", lambda picks: float(values[picks].mean()), len(values), SEED)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert figure.value == pytest.approx(values.mean(), abs=1e-4)
    assert figure.interval == pytest.approx((figure.value - half, figure.value + half), abs=0.01)


def test_what_is_undefined_is_left_out() -> None:
    nothing = bootstrap_figure("x", lambda picks: float("nan"), 5, SEED)
    assert defined([nothing, share_figure("y", [True], SEED)]) == [share_figure("y", [True], SEED)]


def test_f1_counts_things_and_their_numbers() -> None:
    """Two cats of three, a dog that is not there, a cup that is missed; unknown cards are apart."""
    scenes = [
        described({CAT: 2, DOG: 1}, {CAT: 3, UNKNOWN: 1}),
        described({UNKNOWN: 2}, {CUP: 1, UNKNOWN: 1}),
    ]
    both = np.arange(2)
    known, unknown = tally(scenes), tally(scenes, unknown=True)
    assert known.precision(both) == pytest.approx(2 / 3)
    assert known.recall(both) == pytest.approx(2 / 4)
    assert known.f1(both) == pytest.approx(4 / 7)
    assert unknown.f1(both) == pytest.approx(2 / 4)


def test_figures_by_kind_and_group() -> None:
    exam = Exam(
        [described({CAT: 1}, {CAT: 1}, "of_one"), described({}, {CAT: 1, DOG: 1}, "of_two")],
        [
            reply("count", "There are two cats.", "There are four cats."),
            reply("count_all", "There is one card.", "There is one card."),
            reply("where", "The cat is on the left.", "The cat is on the left."),
            reply("side", "I see nothing on the left.", "On the left I see a cat."),
            reply("unknown", "Sorry.", "Sorry."),
            reply("dark", "I see a cat.", "It is too dark to see anything."),
        ],
    )
    value = {figure.name: figure.value for figure in figures(exam, SEED)}
    assert value["count_accuracy"] == 0.5 and value["count_error_mean"] == 1.0
    assert value["where_accuracy"] == 1.0 and value["side_accuracy"] == 0.0
    assert value["place_accuracy"] == 0.5
    assert value["refusal_unknown"] == 1.0 and value["refusal_dark"] == 0.0
    assert value["refusal_accuracy"] == value["answer_accuracy"] == 0.5
    assert value["objects_f1_of_one"] == 1.0 and value["objects_f1_of_two"] == 0.0
    assert value["refused_either_way"] == 0.0
    assert "yes_no_accuracy" not in value and "unknown_card_f1" not in value
    assert {figure.name for figure in control_figures(exam, SEED)} >= {"shuffled_objects_f1"}


def test_an_honest_refusal_counts_in_other_words_too() -> None:
    """A wording that it has never met may well have a word that it does not know."""
    said = ["Sorry, I do not know that word.", "A picture cannot tell me that.", "Yes, there is a cat."]
    replies = [reply("unanswerable", text, "A picture cannot tell me that.") for text in said]
    value = {figure.name: figure.value for figure in figures(Exam([described({}, {})], replies), SEED)}
    assert value["refused_either_way"] == pytest.approx(2 / 3, abs=1e-4)
    assert value["refusal_unanswerable"] == pytest.approx(1 / 3, abs=1e-4)


def test_an_exam_without_a_mistake_has_figures_too(capsys: pytest.CaptureFixture[str]) -> None:
    """No answer can then be told from a worse one: what is undefined must not be printed as NaN."""
    exam = Exam([described({CAT: 1}, {CAT: 1})], [reply("count", "There is one cat.", "There is one cat.")])
    as_json(figures(exam, SEED))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["value"] for line in lines if line["name"].startswith("objects")} == {1.0}
    assert not any("auroc" in line["name"] for line in lines)


def test_calibration() -> None:
    """Nine of ten right at 0.9 is right; the same at 0.5 is 0.4 off."""
    right = np.array([True] * 9 + [False])
    assert calibration_error(np.full(10_000, 0.9), np.tile(right, 1_000)) == pytest.approx(0, abs=0.02)
    assert calibration_error(np.full(10_000, 0.5), np.tile(right, 1_000)) == pytest.approx(0.4, abs=0.01)


def test_bins_hold_every_answer_once() -> None:
    rng = np.random.default_rng(0)
    confidences = rng.random(100)
    found = list(bins(confidences, confidences > 0.5))
    assert sum(one.n for one in found) == 100
    assert sum(one.right for one in found) == (confidences > 0.5).sum()
    assert [one.confidence for one in found] == sorted(one.confidence for one in found)


@pytest.mark.parametrize(
    ("confidences", "expected"),
    [
        ([0.9, 0.8, 0.2, 0.1], 1.0),
        ([0.1, 0.2, 0.8, 0.9], 0.0),
        ([0.5] * 4, 0.5),
        ([0.9, 0.2, 0.5, 0.1], 0.75),
    ],
)
def test_low_confidence_tells_a_wrong_answer(confidences: list[float], expected: float) -> None:
    right = np.array([True, True, False, False])
    assert low_confidence_auroc(np.array(confidences), right) == expected


def test_auroc_needs_right_and_wrong_answers() -> None:
    assert np.isnan(low_confidence_auroc(np.array([0.5, 0.6]), np.array([True, True])))


def test_risk_begins_with_the_surest() -> None:
    risk = risk_by_coverage(np.array([0.1, 0.9, 0.5]), np.array([False, True, True]))
    assert risk == pytest.approx([0, 0, 1 / 3])


def test_confusions_share_what_cannot_be_told_apart() -> None:
    scenes = [
        described({CAT: 1, DOG: 1}, {CAT: 2}),
        described({DOG: 2}, {CAT: 1, CUP: 1}),
        described({}, {CUP: 1}),
        described({CAT: 1}, {}),
    ]
    found = confusions(scenes)
    assert found[CAT, CAT] == 1
    assert found[CAT, DOG] == 1 + 1 and found[CUP, DOG] == 1
    assert found[CUP, NOTHING] == 1 and found[NOTHING, CAT] == 1
    assert found.sum() == 6
    assert (worst(found, 1)[0].there, worst(found, 1)[0].said) == (CAT, DOG)
    assert most_confused(found, 5) == [CAT, CUP]


def test_a_comparison_is_of_pairs() -> None:
    """The greatest difference is found whatever its sign, and the same answers are counted as such."""
    right, wrong = "There is one cat.", "There is one dog."
    first = Exam(
        [described({CAT: 1}, {CAT: 1})], [reply("count", wrong, right), reply("count", right, right)]
    )
    second = Exam(
        [described({CAT: 1}, {CAT: 1})], [reply("count", right, right), reply("count", right, right)]
    )
    value = {figure.name: figure.value for figure in compare({"torch": first, "files": second}, SEED)}
    assert value["torch_count_accuracy"] == 0.5 and value["files_count_accuracy"] == 1.0
    assert value["torch_minus_files_count_accuracy"] == -0.5
    assert value["greatest_difference"] == 0.5
    assert value["same_answers_torch_files"] == pytest.approx(2 / 3, abs=1e-4)
