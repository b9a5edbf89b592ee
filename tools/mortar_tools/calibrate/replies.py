"""What models answer to questions about held-out scenes, and how their self-tests judge each answer.

One question a scene: two about one picture tend to be right together, and bounds need independent answers. It
is one of the sentence templates: an answer to any other is judged by what the model was taught."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track

from mortar.assistant.intents import Understanding
from mortar.bricks.language.selftests import SELF_TESTS, Trial
from mortar.errors import UsageError
from mortar.runtimes.manifest import Manifest, SelfTest
from mortar.runtimes.model_folder import ModelFolder
from mortar.tiers import Tier
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.evaluate.exam import sheet
from mortar_tools.cards.language import Turn
from mortar_tools.cards.world.scene import SPLITS, draw

Scores = NDArray[np.float64]
Marks = NDArray[np.bool_]

NEEDED = (SelfTest.FORM, SelfTest.ANSWERS)
"""Self-tests that are passed or not; every rule has them."""

FIRST_SCENE = 500_000
"""Of the test split: exams take theirs from the beginning, and share none with a calibration."""


@dataclass(frozen=True)
class Replies:
    """One model's answers; arrays [questions]."""

    name: str
    folder: Path
    parameters: int
    right: Marks
    """In every word."""
    scores: dict[SelfTest, Scores]
    """NaN where a test could not be made."""
    cpu_ms: Scores
    """Processor time of looking and answering."""

    def __len__(self) -> int:
        return len(self.right)

    def sure(self, test: SelfTest, least: float) -> Marks:
        """The answers that are whole, admit to no ignorance, and score as much."""
        marks: Marks = self.scores[test] >= least
        for needed in NEEDED:
            marks &= self.scores[needed] >= 1
        return marks


@dataclass(frozen=True)
class _Reply:
    right: bool
    scores: dict[SelfTest, float]
    cpu_ms: float


def scenes(n: int, seed: int) -> range:
    """n scenes; no two seeds share one. Raises UsageError where there are not so many."""
    held = SPLITS["test"][FIRST_SCENE:]
    if n < 1 or seed < 0 or n * (seed + 1) > len(held):
        raise UsageError(
            "scenes-impossible", f"there are no {n} scenes for seed {seed}", "use fewer, or seed 0"
        )
    return held[n * seed : n * (seed + 1)]


def replies(tiers: Sequence[Tier], numbers: range, seed: int, work: Path) -> list[Replies]:
    """Ask every model one question about every scene, and once more in other words; scenes whose question no
    template has are passed over."""
    models = [_Candidate(tier) for tier in tiers]
    english = Understanding()
    found: list[list[_Reply]] = [[] for _ in models]
    console = Console(stderr=True)
    for number in track(numbers, "asking", console=console, disable=not console.is_terminal):
        rng = np.random.default_rng([seed, number])
        shown = sheet(draw(number, kept=True, work=work), rng)
        turn = shown.turns[int(rng.integers(len(shown.turns)))]
        again = english.other_wording(turn.question)
        if again is None:
            continue
        for model, held in zip(models, found, strict=True):
            held.append(model.asked(shown.picture, turn, again))
    return [model.replies(held) for model, held in zip(models, found, strict=True)]


class _Candidate:
    """A model that is asked."""

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self._manifest = ModelFolder(tier.folder).manifest
        self._shipped = Shipped(tier.folder)
        taught = self._manifest.taught
        self._cannot = frozenset(taught.cannot if taught else ())

    def asked(self, picture: Image.Image, turn: Turn, again: str) -> _Reply:
        began_s = time.process_time()
        tokens = self._shipped.encode(picture)
        written = self._shipped.write(tokens, turn.question)
        spent_s = time.process_time() - began_s
        trial = Trial(
            written.text,
            written.evidence,
            written.is_whole,
            self._shipped.write(tokens, again).text,
            self._cannot,
        )
        return _Reply(
            written.text == turn.answer,
            {test: _number(measure(trial)) for test, measure in SELF_TESTS.items()},
            spent_s * 1e3,
        )

    def replies(self, held: Sequence[_Reply]) -> Replies:
        return Replies(
            self._tier.name,
            self._tier.folder,
            _parameters(self._manifest),
            np.array([one.right for one in held]),
            {test: np.array([one.scores[test] for one in held]) for test in SELF_TESTS},
            np.array([one.cpu_ms for one in held]),
        )


def _number(score: float | None) -> float:
    return float("nan") if score is None else score


def _parameters(manifest: Manifest) -> int:
    """What its manifest says."""
    held = manifest.about.get("parameters")
    if not isinstance(held, int):
        raise UsageError(
            "parameters-unknown",
            f"the manifest of {manifest.name} does not say how many parameters it has",
            "write parameters = N under [about]",
        )
    return held
