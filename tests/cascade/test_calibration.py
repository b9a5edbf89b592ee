"""Thresholds of self-tests keep what they promise: shown on made-up models of which the truth is known."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar import resources
from mortar.errors import UsageError
from mortar.runtimes.manifest import MANIFEST, SelfTest, SelfTests
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.calibrate.bound import last_that_holds, p_value, upper_limit
from mortar_tools.calibrate.cascade import outcome
from mortar_tools.calibrate.figures import figures
from mortar_tools.calibrate.keep import keep
from mortar_tools.calibrate.replies import NEEDED, Replies
from mortar_tools.calibrate.thresholds import GRADED, NEVER, Rule, calibrated, parts, reaching

ERROR, CONFIDENCE = 0.2, 0.9
DRAWS = 150


def model(scores: np.ndarray, right: np.ndarray, name: str = "one", cpu_ms: float = 1.0) -> Replies:
    """One whose every self-test gives the same score."""
    held = dict.fromkeys(SelfTest, scores) | dict.fromkeys(NEEDED, np.ones(len(scores)))
    return Replies(name, Path(name), 1_000, right, held, np.full(len(scores), cpu_ms))


def guesses(rng: np.random.Generator, n: int, name: str = "one") -> Replies:
    """Answers that are right with a probability of exactly their score, 0..1."""
    scores = rng.random(n)
    return model(scores, rng.random(n) < scores, name)


def true_error(least: float) -> float:
    """Of such answers, of those that score `least` or more: the mean of 1 - score from there to 1."""
    return (1 - least) / 2


# --- the bound ---


@given(st.integers(1, 60), st.data(), st.floats(0.01, 0.99))
def test_the_p_value_is_the_binomial_tail(n: int, data: st.DataObject, error: float) -> None:
    wrong = data.draw(st.integers(0, n))
    tail = sum(math.comb(n, k) * error**k * (1 - error) ** (n - k) for k in range(wrong + 1))
    assert p_value(wrong, n, error) == pytest.approx(tail, rel=1e-6, abs=1e-12)


def test_nothing_seen_is_no_evidence() -> None:
    assert p_value(0, 0, 0.05) == 1.0
    assert upper_limit(0, 0, 0.95) == 1.0


def test_limits_of_the_textbook() -> None:
    """None wrong of 59 is below 5 % with 95 %: the rule of three. Clopper-Pearson of 10 in 100: 0.1637."""
    assert upper_limit(0, 59, 0.95) == pytest.approx(1 - 0.05 ** (1 / 59), abs=1e-6)
    assert upper_limit(0, 59, 0.95) < 0.05 < upper_limit(0, 58, 0.95)
    assert upper_limit(10, 100, 0.95) == pytest.approx(0.1637, abs=1e-4)


def test_a_sequence_is_followed_to_its_first_failure() -> None:
    assert last_that_holds([0.01, 0.04, 0.2, 0.01], 0.05) == 1
    assert last_that_holds([0.2, 0.01], 0.05) is None
    assert last_that_holds([], 0.05) is None


def test_several_starts_share_the_risk() -> None:
    assert last_that_holds([0.2, 0.02, 0.02, 0.2, 0.01], 0.05, starts=(0, 1)) == 2
    assert last_that_holds([0.2, 0.03, 0.03], 0.05, starts=(0, 1)) is None
    assert last_that_holds([0.01, 0.2, 0.01], 0.05, starts=(0, 2)) == 2


# --- thresholds ---


def test_parts_share_no_question_and_leave_none_out() -> None:
    split = parts(1_000, 2, seed=3)
    held = np.concatenate([split.choosing, *split.calibrating, split.test])
    assert sorted(held) == list(range(1_000))
    assert len(split.calibrating) == 2 and all(len(part) > 100 for part in split.calibrating)


def test_what_is_promised_holds_as_often_as_promised() -> None:
    """In at most a tenth of calibrations may the true error be above the wanted one; and they are no use if
    they only keep their promise by calling nothing sure."""
    rng = np.random.default_rng(0)
    least = []
    for draw in range(DRAWS):
        held = guesses(rng, 1_800)
        (rule,) = calibrated([held], parts(1_800, 1, draw), ERROR, CONFIDENCE)
        least.append(rule.least)
    broken = sum(true_error(one) > ERROR for one in least)
    assert p_value(broken - 1, DRAWS, 1 - CONFIDENCE) < 0.999, "more often than chance explains"
    assert broken > 0, "a bound that never fails asks for too much"
    oracle = 1 - 2 * ERROR
    assert oracle < np.median(least) < oracle + 0.15


def test_a_threshold_without_the_bound_breaks_the_promise() -> None:
    """What the test above can tell: half of the thresholds that just look good enough are not."""
    rng = np.random.default_rng(0)
    broken = 0
    for _ in range(DRAWS):
        held = guesses(rng, 240)
        order = np.argsort(-held.scores[SelfTest.PROBABILITY])
        errors = np.cumsum(~held.right[order]) / np.arange(1, 241)
        good = np.nonzero(errors <= ERROR)[0]
        broken += len(good) > 0 and true_error(held.scores[SelfTest.PROBABILITY][order[good[-1]]]) > ERROR
    assert broken > DRAWS * 2 * (1 - CONFIDENCE)


def test_the_second_model_is_calibrated_on_what_the_first_leaves() -> None:
    """It is right about the easy questions that it never gets, and a coin's throw on the others."""
    rng = np.random.default_rng(1)
    n = 4_000
    easy = rng.random(n) < 0.6
    first = model(np.where(easy, 0.9, 0.1) + rng.random(n) / 100, easy, "small")
    score = rng.random(n)
    second = model(score, easy | (rng.random(n) < np.where(score > 0.7, 0.99, 0.5)), "large")
    split = parts(n, 2, 0)
    rules = calibrated([first, second], split, ERROR, CONFIDENCE)
    left = reaching([first], rules[:1], split.test)
    assert not easy[left].any()
    assert 0.4 < rules[1].least < 0.95, "alone, far lower thresholds would do"
    found = outcome([first, second], rules)
    sure = split.test[found.sure[split.test]]
    assert (~found.right[sure]).mean() < ERROR


def test_of_the_self_tests_the_most_telling_is_taken() -> None:
    rng = np.random.default_rng(2)
    held = guesses(rng, 2_000)
    blind = dict.fromkeys(GRADED, rng.random(2_000))
    telling = {**held.scores, **blind, SelfTest.DECIDING_ENTROPY: held.scores[SelfTest.PROBABILITY] - 1}
    (rule,) = calibrated(
        [Replies("one", Path(), 1, held.right, telling, held.cpu_ms)], parts(2_000, 1, 0), ERROR, CONFIDENCE
    )
    assert rule.test is SelfTest.DECIDING_ENTROPY


def test_a_model_that_is_never_good_enough_is_never_sure() -> None:
    rng = np.random.default_rng(3)
    coin = model(rng.random(1_000), rng.random(1_000) < 0.5)
    (rule,) = calibrated([coin], parts(1_000, 1, 0), 0.05, 0.95)
    assert rule.least == NEVER
    assert not coin.sure(rule.test, rule.least).any()


@pytest.mark.parametrize("needed", NEEDED)
def test_an_answer_that_is_none_is_never_sure(needed: SelfTest) -> None:
    held = model(np.ones(4), np.ones(4, bool))
    held.scores[needed] = np.array([1.0, 0.0, 1.0, 0.0])
    assert held.sure(SelfTest.PROBABILITY, 0.5).tolist() == [True, False, True, False]


# --- the cascade ---


SMALL = model(np.array([0.9, 0.9, 0.1, 0.1]), np.array([True, False, False, False]), "small", cpu_ms=1.0)
LARGE = model(np.array([0.9, 0.9, 0.9, 0.1]), np.array([True, True, True, False]), "large", cpu_ms=4.0)
RULES = [Rule(SelfTest.PROBABILITY, 0.5, 0, 1), Rule(SelfTest.PROBABILITY, 0.5, 0, 1)]


def test_each_question_stops_at_the_first_model_that_is_sure() -> None:
    found = outcome([SMALL, LARGE], RULES)
    assert found.answered_by.tolist() == [0, 0, 1, 1]
    assert found.sure.tolist() == [True, True, True, False]
    assert found.right.tolist() == [True, False, True, False]
    assert found.cpu_ms.tolist() == [1, 1, 5, 5]
    assert found.parameters.tolist() == [1_000, 1_000, 2_000, 2_000]


def test_figures_say_what_the_cascade_is_worth() -> None:
    held = {one.name: one for one in figures([SMALL, LARGE], RULES, RULES, np.arange(4), seed=0)}
    expected = {
        "small_sure_from": 0.5,
        "large_alone_not_sure": 0.25,
        "large_alone_error_if_sure": 0.0,
        "small_accuracy": 0.25,
        "large_accuracy": 0.75,
        "cascade_accuracy": 0.5,
        "cascade_escalated": 0.5,
        "cascade_not_sure": 0.25,
        "cascade_error_if_sure": 0.3333,
        "small_error_if_sure": 0.5,
        "large_error_if_sure": 0.0,
        "not_sure_error": 1.0,
        "small_cpu_ratio": 0.25,
        "cascade_cpu_ratio": 0.75,
        "cascade_parameters_ratio": 1.5,
    }
    assert {name: held[name].value for name in expected} == expected
    for one in held.values():
        assert one.interval[0] <= one.value <= one.interval[1]


# --- what is kept ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "cards"
    copy.mkdir()
    shutil.copy(resources.bundled_model() / MANIFEST, copy)
    return copy


FIRSTS = [Rule(SelfTest.PROBABILITY, 0.625, 1, 100)] * 2


def kept_in(folder: Path, *rules: Rule) -> list[Path]:
    """As of several models in a row, the last one in `folder`."""
    nothing = np.zeros(0)
    models = [Replies(f"tier{n}", folder, 1, nothing > 0, {}, nothing) for n in range(len(rules))]
    return list(keep(models, FIRSTS[: len(rules)], rules, 0.05, 0.95))


def test_a_rule_is_kept_where_the_program_reads_it(folder: Path) -> None:
    """Again and again: the last one counts, and the rest of the manifest stays."""
    before = ModelFolder(folder).manifest
    for least in (0.5, 0.81234567):
        kept_in(folder, Rule(SelfTest.PROBABILITY, 0.9, 1, 100), Rule(SelfTest.PROBABILITY, least, 1, 100))
    after = ModelFolder(folder).manifest
    assert after.selftests == SelfTests(
        least={SelfTest.PROBABILITY: 0.625, SelfTest.FORM: 1.0, SelfTest.ANSWERS: 1.0},
        error=0.05,
        confidence=0.95,
        after={"tier0": {SelfTest.PROBABILITY: 0.812346, SelfTest.FORM: 1.0, SelfTest.ANSWERS: 1.0}},
    )
    assert (after.language, after.prompt, after.about) == (before.language, before.prompt, before.about)


def test_what_counts_depends_on_who_was_asked_before(folder: Path) -> None:
    """After models that nobody calibrated it with, what counts alone is the best that is known."""
    kept_in(folder, Rule(SelfTest.PROBABILITY, 0.9, 1, 100), Rule(SelfTest.PROBABILITY, 0.8, 1, 100))
    tests = ModelFolder(folder).manifest.selftests
    assert tests is not None
    asked = ([], ["tier0"], ["other"], ["other", "tier0"])
    assert [tests.least_after(before)[SelfTest.PROBABILITY] for before in asked] == [0.625, 0.8, 0.625, 0.625]


def test_where_one_model_is_sure_of_nothing_none_gets_a_rule(folder: Path) -> None:
    before = (folder / MANIFEST).read_bytes()
    with pytest.raises(UsageError) as error:
        kept_in(folder, Rule(SelfTest.PROBABILITY, 0.5, 0, 99), Rule(SelfTest.PROBABILITY, NEVER, 0, 0))
    assert error.value.code == "calibrate-never-sure"
    assert (folder / MANIFEST).read_bytes() == before


def test_a_manifest_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        kept_in(tmp_path, Rule(SelfTest.PROBABILITY, 0.5, 0, 10))
    assert error.value.code == "manifest-unwritable" and "\n" not in str(error.value)
