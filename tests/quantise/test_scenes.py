"""Scenes of picture cards: what is measured on them is what the export measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="drawing scenes and quantising come with the tools extra")
pytest.importorskip("gguf", reason="drawing scenes and quantising come with the tools extra")

from mortar import resources
from mortar.errors import UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.export.loss import measure
from mortar_tools.quantise.cards_paper import QUESTIONS, Scenes, of_scenes
from mortar_tools.quantise.marks import Measure
from mortar_tools.quantise.papers import Examiner
from mortar_tools.weights import gguf_file

N = 3


@pytest.fixture(scope="module")
def model() -> ModelFolder:
    return ModelFolder(resources.bundled_model())


@pytest.fixture(scope="module")
def papers(model: ModelFolder, work: Path) -> tuple[Scenes, Scenes]:
    return of_scenes(model, N, N, 0, work)


def test_no_scene_is_both_decided_by_and_measured_on(
    papers: tuple[Scenes, Scenes], model: ModelFolder
) -> None:
    one, other = papers
    pairs = [(mine.tokens, its.tokens) for mine in one.found for its in other.found]
    assert len(pairs) == N * N and not any(np.array_equal(*pair) for pair in pairs)


def test_another_seed_measures_on_other_scenes(
    papers: tuple[Scenes, Scenes], model: ModelFolder, work: Path
) -> None:
    """And decides by the same ones."""
    again = of_scenes(model, N, N, 1, work)
    assert not np.array_equal(again[1].found[0].tokens, papers[1].found[0].tokens)
    assert np.array_equal(again[0].found[0].tokens, papers[0].found[0].tokens)


def test_a_seed_that_has_no_scenes_is_said(model: ModelFolder, work: Path) -> None:
    """There are as many numbers as scenes were numbered for this."""
    with pytest.raises(UsageError, match="3 such scenes to decide by, and 0 to measure on") as caught:
        of_scenes(model, N, N, 10**6, work)
    assert caught.value.code == "scenes-impossible"


def test_loss_and_exact_answers_are_those_of_the_export(
    papers: tuple[Scenes, Scenes], model: ModelFolder, tmp_path: Path
) -> None:
    """Here the bundled file, and as many floats as it stands for."""
    small, paper = model.verified(model.manifest.language), papers[1]
    gguf_file.write(gguf_file.read(small), tmp_path / "wide.gguf")
    examiner = Examiner(paper, tmp_path / "wide.gguf", tmp_path / "said")
    marks, loss = examiner.marks(small), measure(small, paper.found)
    assert marks.value(Measure.LOSS) == pytest.approx(loss.nats, abs=1e-5)
    assert marks.value(Measure.EXACT) == pytest.approx(loss.exact, abs=1e-4)
    assert marks.answers.sum() == N * QUESTIONS
    # The same numbers, in other arithmetic: activations are in 8 bits beside quantised weights.
    assert 0 < marks.value(Measure.DIVERGENCE) < 0.01
