"""The bundled model through llama.cpp's own libmtmd: the same weights, seen and said the same."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mortar import resources
from mortar_tools.cards.answerers.mtmd import Mtmd
from mortar_tools.cards.answerers.shipped import Shipped

LEAST_COSINE = 0.999
QUESTIONS = ("what do you see", "how many cards are there", "is there a red circle")


def table(*discs: tuple[str, tuple[int, int]]) -> Image.Image:
    """A plain table with coloured discs on white cards."""
    picture = Image.new("RGB", (640, 480), (196, 164, 124))
    draw = ImageDraw.Draw(picture)
    for colour, (x, y) in discs:
        draw.rectangle((x - 90, y - 90, x + 90, y + 90), fill="white")
        draw.ellipse((x - 60, y - 60, x + 60, y + 60), fill=colour)
    return picture


PICTURES = [
    table(),
    table(("red", (320, 240))),
    table(("blue", (160, 240)), ("red", (480, 240))),
    Image.new("RGB", (640, 480)),
]


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    return Shipped(resources.bundled_model())


@pytest.fixture(scope="module")
def libmtmd() -> Mtmd:
    return Mtmd(resources.bundled_model())


@pytest.mark.parametrize("picture", PICTURES, ids=["empty", "one", "two", "dark"])
def test_libmtmd_sees_and_says_what_the_bricks_do(
    shipped: Shipped, libmtmd: Mtmd, picture: Image.Image
) -> None:
    ours, theirs = shipped.encode(picture), libmtmd.encode(picture)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    assert ((ours * theirs).sum(1) / lengths).min() >= LEAST_COSINE
    for expected, answer in zip(
        shipped.answer(picture, QUESTIONS), libmtmd.answer(picture, QUESTIONS), strict=True
    ):
        assert answer.text == expected.text
        assert answer.confidence == pytest.approx(expected.confidence, abs=0.02)
