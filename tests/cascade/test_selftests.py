"""Which answers pass their self-tests, and why others do not."""

from __future__ import annotations

import math

import pytest

from mortar.assistant.intents import Understanding
from mortar.bricks.language.evidence import Evidence
from mortar.bricks.language.selftests import SELF_TESTS, Trial, agreement, form, judged
from mortar.runtimes.manifest import SelfTest

CAT = "I see a cat on the left."
SURE = Evidence((-0.01, -0.02, -0.01), (0.05, 0.1, 0.05))
UNSURE = Evidence((-0.01, -1.2, -0.01), (0.05, 1.4, 0.05))
GRADED = (
    SelfTest.PROBABILITY,
    SelfTest.MEAN_LOG_PROBABILITY,
    SelfTest.LEAST_LOG_PROBABILITY,
    SelfTest.DECIDING_ENTROPY,
)


def trial(text: str = CAT, evidence: Evidence | None = SURE, is_whole: bool = True, **more: object) -> Trial:
    return Trial(text, evidence, is_whole, **more)  # type: ignore[arg-type]


def test_there_is_a_score_for_every_test_that_a_manifest_may_name() -> None:
    assert set(SELF_TESTS) == set(SelfTest)


@pytest.mark.parametrize("test", GRADED)
def test_of_two_answers_the_surer_one_scores_more(test: SelfTest) -> None:
    measure = SELF_TESTS[test]
    sure, unsure = measure(trial()), measure(trial(evidence=UNSURE))
    assert sure is not None and unsure is not None and sure > unsure


def test_an_answer_below_a_limit_is_not_sure_and_says_why() -> None:
    least = {SelfTest.PROBABILITY: 0.8, SelfTest.DECIDING_ENTROPY: -0.5}
    assert judged(trial(), least).is_sure
    found = judged(trial(evidence=UNSURE), least)
    assert not found.is_sure
    assert [doubt.test for doubt in found.doubts] == [SelfTest.PROBABILITY, SelfTest.DECIDING_ENTROPY]
    assert str(found) == "probability 0.295 < 0.8, deciding_entropy -1.4 < -0.5"


def test_without_limits_only_the_form_is_judged() -> None:
    assert judged(trial(evidence=UNSURE), {}).is_sure
    assert not judged(trial(is_whole=False), {}).is_sure


def test_a_score_that_is_no_number_does_not_pass() -> None:
    broken = Evidence((math.nan,), (math.nan,))
    assert not judged(trial(evidence=broken), {SelfTest.PROBABILITY: 0.0}).is_sure


def test_what_cannot_be_tested_is_passed_over() -> None:
    """A server without log-probabilities, and a question that was asked in one wording alone."""
    least = {SelfTest.PROBABILITY: 0.99, SelfTest.AGREEMENT: 1.0}
    assert judged(trial(evidence=None), least).is_sure
    assert not judged(trial(evidence=None, again="I see a dog."), least).is_sure


@pytest.mark.parametrize("text", ["Yes", "3", "Ja, eine Katze", "右に猫がいます。", CAT])
def test_short_and_foreign_answers_have_a_form(text: str) -> None:
    assert form(trial(text)) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "I see a \N{REPLACEMENT CHARACTER} cat",
        "A cat.<|im_start|>user",
        "A cat.</s>",
        "the cat " * 40,
    ],
    ids=["empty", "no words", "broken character", "another's turn", "end mark as text", "in circles"],
)
def test_what_is_no_answer_has_none(text: str) -> None:
    assert form(trial(text)) == 0.0


def test_an_answer_that_was_cut_for_its_length_has_none() -> None:
    assert form(trial(is_whole=False)) == 0.0


def test_a_taught_refusal_is_told_from_an_answer() -> None:
    sorry = "Sorry, I do not know that word."
    found = judged(trial(sorry, cannot=frozenset({sorry})), {SelfTest.ANSWERS: 1.0})
    assert [doubt.test for doubt in found.doubts] == [SelfTest.ANSWERS]
    assert judged(trial(cannot=frozenset({sorry})), {SelfTest.ANSWERS: 1.0}).is_sure


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (CAT, "i see a CAT on the left", 1.0),
        ("a cat and two dogs", "two dogs and a cat", 1.0),
        ("Yes, there is a cat.", "No, there is a cat.", 0.0),
        ("Ja, ich sehe eine Katze.", "Nein, ich sehe keine Katze.", 0.0),
        ("There are two cats.", "There are three cats.", 0.75),
        ("", CAT, 0.0),
    ],
)
def test_answers_agree_as_far_as_their_words_do(one: str, other: str, expected: float) -> None:
    assert agreement(one, other) == agreement(other, one) == pytest.approx(expected)


@pytest.fixture(scope="module")
def english() -> Understanding:
    return Understanding()


@pytest.mark.parametrize("asked", ["how many cats are there", "Is there a red circle?", "what do you see"])
def test_another_wording_means_the_same_and_is_another(english: Understanding, asked: str) -> None:
    other = english.other_wording(asked)
    assert other is not None
    assert english.understand(other) == english.understand(asked)
    assert other.casefold() != asked.casefold().strip("?")


def test_another_wording_keeps_the_forms_of_its_nouns(english: Understanding) -> None:
    """So that the right answer to both has the same words: "any cats", not "a cat"."""
    assert english.other_wording("are there any cats") == "do you see any cats"


def test_what_no_template_has_has_no_other_wording(english: Understanding) -> None:
    assert english.other_wording("what is the capital of france") is None
