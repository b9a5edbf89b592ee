"""The examiner's seat: real eye and language processes answer as the same engines do here."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from mortar import resources
from mortar.errors import MortarError
from mortar_tools.cards.answerers import bricks
from mortar_tools.cards.answerers.shipped import Shipped
from scenes import table

QUESTIONS = ["what do you see", "how many cards are there", "Is there a cat?"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Image.Image]:
    folder = tmp_path_factory.mktemp("pictures")
    found = []
    for number, things in enumerate((["cat", "car"], ["banana"])):
        with Image.open(table(things, folder / f"{number}.png")) as image:
            found.append(image.convert("RGB"))
    return found


def test_the_bricks_say_what_the_files_say(pictures: list[Image.Image]) -> None:
    """Word for word and as sure of it, through two processes and the token ring."""
    model = resources.bundled_model()
    shipped = Shipped(model)
    with bricks.started(model) as real:
        for picture in (*pictures, pictures[0]):
            assert real.answer(picture, QUESTIONS) == shipped.answer(picture, QUESTIONS)


def test_answers_do_not_depend_on_what_was_asked_before(pictures: list[Image.Image]) -> None:
    shipped = Shipped(resources.bundled_model())
    together = shipped.answer(pictures[0], QUESTIONS)
    assert [shipped.answer(pictures[0], [question])[0] for question in reversed(QUESTIONS)] == together[::-1]
    assert all(0 < answer.confidence <= 1 for answer in together)


def test_bricks_that_cannot_start_say_why(tmp_path: Path) -> None:
    with pytest.raises(MortarError, match=r"manifest\.toml"), bricks.started(tmp_path):
        pass
