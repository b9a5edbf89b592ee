"""Light self-tests: whether an answer may be relied on, judged by what is there anyway once it is written.

Each gives a score, the larger the surer. `mortar tools calibrate` measures how well each tells wrong answers
from right ones (docs/cascade.md), and sets the least score that an answer of a model must have.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mortar.bricks.language.evidence import Evidence
from mortar.runtimes.circles import goes_in_circles
from mortar.runtimes.manifest import SelfTest


@dataclass(frozen=True)
class Trial:
    """An answer that is to be judged."""

    text: str
    evidence: Evidence | None
    """None: whoever wrote it does not tell, as some servers do not."""
    is_whole: bool
    """It ended with the model's own end mark, and was not cut for its length."""
    again: str | None = None
    """What was answered to the same question in other words; None: it was not asked."""
    cannot: frozenset[str] = field(default_factory=frozenset)
    """What the model was taught to say where it cannot answer."""


@dataclass(frozen=True)
class Doubt:
    """A self-test that an answer did not pass."""

    test: SelfTest
    score: float
    least: float

    def __str__(self) -> str:
        return f"{self.test} {self.score:.3g} < {self.least:.3g}"


@dataclass(frozen=True)
class Judgement:
    doubts: tuple[Doubt, ...] = ()

    @property
    def is_sure(self) -> bool:
        return not self.doubts

    def __str__(self) -> str:
        """For the log."""
        return ", ".join(map(str, self.doubts)) or "sure"


def judged(trial: Trial, least: Mapping[SelfTest, float]) -> Judgement:
    """By every self-test that has a least score. One that cannot be made, for want of log-probabilities or of
    a second answer, is passed over; the form is always tested."""
    doubts = []
    for test, limit in {SelfTest.FORM: 1.0, **least}.items():
        score = SELF_TESTS[test](trial)
        if score is not None and not score >= limit:  # NaN is no pass
            doubts.append(Doubt(test, score, limit))
    return Judgement(tuple(doubts))


def form(trial: Trial) -> float:
    """1.0 for an answer that is one: words, whole, and not the same ones over and over."""
    has_words = any(letter.isalnum() for letter in trial.text)
    is_broken = "\N{REPLACEMENT CHARACTER}" in trial.text or _CONTROL.search(trial.text) is not None
    return float(trial.is_whole and has_words and not is_broken and not goes_in_circles(trial.text))


_CONTROL = re.compile(r"<\|[^|]*\|>|</?s>|<end_of_turn>")
"""Special tokens as text: the model writes on after its turn should have ended."""


def agreement(one: str, other: str) -> float:
    """How far two answers have the same words, 0..1: the F1 of their bags of words, 1 for the same words in
    another order. 0 where they say yes and no: all other words of such a pair may be the same.

    The measure of SQuAD (Rajpurkar et al. 2016, section 6.1), whose articles stay: "a" is a number here.
    """
    first, second = _words(one), _words(other)
    if not first or not second or _contradicts(first, second):
        return 0.0
    shared = (Counter(first) & Counter(second)).total()
    return 2 * shared / (len(first) + len(second))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


POLAR = ({"yes", "ja"}, {"no", "nein"})
"""First words of answers that contradict each other."""


def _contradicts(first: list[str], second: list[str]) -> bool:
    yes, no = POLAR
    return (first[0] in yes and second[0] in no) or (first[0] in no and second[0] in yes)


def _of_evidence(measure: Callable[[Evidence], float]) -> Callable[[Trial], float | None]:
    return lambda trial: None if trial.evidence is None else measure(trial.evidence)


SELF_TESTS: Mapping[SelfTest, Callable[[Trial], float | None]] = {
    SelfTest.PROBABILITY: _of_evidence(lambda evidence: evidence.probability),
    SelfTest.MEAN_LOG_PROBABILITY: _of_evidence(lambda evidence: evidence.mean_log_probability),
    SelfTest.LEAST_LOG_PROBABILITY: _of_evidence(lambda evidence: evidence.least_log_probability),
    SelfTest.DECIDING_ENTROPY: _of_evidence(lambda evidence: -evidence.deciding_entropy),
    SelfTest.FORM: form,
    SelfTest.AGREEMENT: lambda trial: None if trial.again is None else agreement(trial.text, trial.again),
    SelfTest.ANSWERS: lambda trial: float(trial.text not in trial.cannot),
}
"""Gives the score; None where the test cannot be made."""
