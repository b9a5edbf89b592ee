"""The checkpoint answers in torch: many questions at once as each alone."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="checkpoints come with the tools extra")
pytest.importorskip("tokenizers", reason="training's tokenizer comes with the tools extra")
pytest.importorskip("cv2", reason="scenes are drawn with the tools extra")

from mortar_tools.cards.answerers.greedy import MOST_ANSWER_TOK, Greedy
from mortar_tools.cards.training import checkpoint, recipe

QUESTIONS = ["what do you see", "how many red circles are there", "Is there a cat?"]


@pytest.fixture(scope="module")
def greedy(tmp_path_factory: pytest.TempPathFactory) -> Greedy:
    """A checkpoint as training begins with it, written and read."""
    work = tmp_path_factory.mktemp("work")
    checkpoint.save(checkpoint.start(recipe.read("small")), work)
    return Greedy.of_checkpoint("small", work)


def test_questions_do_not_disturb_each_other(greedy: Greedy) -> None:
    """They are answered in one batch, in which the longest question pads the others."""
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
    picture = Image.fromarray(noise)
    together = greedy.answer(picture, QUESTIONS)
    for question, answer in zip(QUESTIONS, together, strict=True):
        (alone,) = greedy.answer(picture, [question])
        assert alone.text == answer.text and alone.n_tok == answer.n_tok <= MOST_ANSWER_TOK
        assert alone.confidence == pytest.approx(answer.confidence, rel=1e-4)


def test_pictures_change_what_is_said(greedy: Greedy) -> None:
    black, white = (Image.new("RGB", (128, 128), colour) for colour in ("black", "white"))
    assert greedy.answer(black, QUESTIONS) != greedy.answer(white, QUESTIONS)
