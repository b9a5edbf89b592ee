"""Which answers count, by what a model was taught and by what it was calibrated with."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from mortar import resources
from mortar.bricks.language.answer import NO_ANSWER, Answer
from mortar.bricks.language.evidence import Evidence
from mortar.bricks.language.judging import verdict
from mortar.runtimes.manifest import Manifest, SelfTest, SelfTests
from mortar.runtimes.model_folder import ModelFolder

CANNOT = "A picture cannot tell me that."


def answer(probability: float, text: str = "I see a cat.", *, is_whole: bool = True) -> Answer:
    evidence = Evidence((math.log(probability),), (0.1,))
    return replace(
        NO_ANSWER,
        text=text,
        confidence=probability,
        evidence=evidence,
        interrupted=False,
        is_whole=is_whole,
    )


@pytest.fixture(scope="module")
def base() -> Manifest:
    return ModelFolder(resources.bundled_model()).manifest


@pytest.fixture(scope="module")
def selftests(base: Manifest) -> SelfTests:
    assert base.selftests is not None, "the bundled model is calibrated"
    return base.selftests


def test_the_bundled_models_are_calibrated_for_each_other(selftests: SelfTests) -> None:
    """What small leaves is harder: base has to be surer of it."""
    alone, behind = (selftests.least_after(before) for before in ([], ["small"]))
    assert behind[SelfTest.PROBABILITY] > alone[SelfTest.PROBABILITY]


def test_an_answer_between_two_thresholds_counts_alone_and_not_behind_the_small_model(
    base: Manifest, selftests: SelfTests
) -> None:
    alone, behind = (selftests.least_after(before) for before in ([], ["small"]))
    between = answer((alone[SelfTest.PROBABILITY] + behind[SelfTest.PROBABILITY]) / 2)
    assert verdict(base, between, is_free=False).doubt == ""
    assert verdict(base, between, is_free=False, before=["small"]).doubt.startswith("probability 0.")


def test_a_question_that_was_never_taught_is_refused_before_it_is_judged(base: Manifest) -> None:
    assert verdict(base, answer(0.99, CANNOT), is_free=True).is_refused
    assert verdict(base, answer(0.3), is_free=True).is_refused
    assert not verdict(base, answer(0.99), is_free=True).is_refused


def test_a_refusal_is_nothing_to_rely_on(base: Manifest) -> None:
    """Also where a template has the question: a larger model may answer it."""
    assert verdict(base, answer(0.99, CANNOT), is_free=False).doubt == "answers 0 < 1"


def test_without_a_calibration_what_it_was_taught_counts(base: Manifest) -> None:
    uncalibrated = changed(base, selftests=None)
    assert verdict(uncalibrated, answer(0.5), is_free=False).doubt
    assert not verdict(uncalibrated, answer(0.7), is_free=False).doubt


def test_of_a_server_only_the_form_is_judged() -> None:
    assert not verdict(None, answer(0.01), is_free=False).doubt
    assert verdict(None, answer(0.99, is_whole=False), is_free=False).doubt == "form 0 < 1"
