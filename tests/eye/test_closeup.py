"""A closer look: where in a picture something lies, and what the encoder gets of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image

from mortar import resources
from mortar.bricks.closeup import LEAST_SHARE, MOST_SHARE, closeup
from mortar.bricks.picture import pixels
from mortar.bricks.views import closer, most_views, views
from mortar.runtimes.model_folder import ModelFolder

SIZE_PX = (640, 480)
SIDE = 128

Card = tuple[float, float, float]
"""Left and top edge, and length of an edge, as shares of the picture's."""

cards = st.lists(
    st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.08, 0.25)), min_size=1, max_size=6
)


def plain(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 3), (90, 110, 120), np.uint8)


def fading(width: int, height: int) -> np.ndarray:
    """Light from one corner, as from a window."""
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (60 + 60 * (down + across)[..., None] + np.zeros(3)).astype(np.uint8)


def noisy(width: int, height: int) -> np.ndarray:
    """A camera's picture in a dark room."""
    noise = np.random.default_rng(5).normal(0, 18, (height, width, 3))
    return (plain(width, height) + noise).clip(0, 255).astype(np.uint8)


TABLES = {"plain": plain, "fading": fading, "noisy": noisy}


def scene(laid: list[Card], table: str = "plain", size_px: tuple[int, int] = SIZE_PX) -> Image.Image:
    """Bright cards on a table."""
    width, height = size_px
    picture = TABLES[table](width, height)
    for left, top, edge in laid:
        rows = slice(round(top * height), round((top + edge) * height))
        picture[rows, round(left * width) : round((left + edge) * width)] = (250, 240, 200)
    return Image.fromarray(picture)


@pytest.mark.parametrize("table", TABLES)
@given(laid=cards)
def test_no_card_is_cut(table: str, laid: list[Card]) -> None:
    """Wherever they lie: the close-up has every pixel of each, or there is none."""
    box = closeup(scene(laid, table))
    if box is not None:
        width, height = SIZE_PX
        for left, top, edge in laid:
            assert box.left <= round(left * width) and box.top <= round(top * height)
            assert min(width, round((left + edge) * width)) <= box.right
            assert min(height, round((top + edge) * height)) <= box.bottom


@pytest.mark.parametrize("table", TABLES)
def test_a_lone_small_card_is_seen_larger(table: str) -> None:
    box = closeup(scene([(0.7, 0.2, 0.12)], table))
    assert box is not None and box.right - box.left == round(LEAST_SHARE * SIZE_PX[0])


@given(laid=cards, width=st.integers(1, 900), height=st.integers(1, 900))
def test_a_closeup_has_the_shape_of_the_picture_and_lies_in_it(
    laid: list[Card], width: int, height: int
) -> None:
    """So that cards are squashed in it as they are in the whole."""
    box = closeup(scene(laid, size_px=(width, height)))
    assume(box is not None)
    assert box is not None
    assert 0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height
    across, down = (box.right - box.left) / width, (box.bottom - box.top) / height
    assert across <= MOST_SHARE + 1 / width and abs(across - down) <= 1 / width + 1 / height


@pytest.mark.parametrize("table", TABLES)
def test_there_is_nothing_to_look_closer_at_on_an_empty_table(table: str) -> None:
    assert closeup(scene([], table)) is None


def test_what_fills_the_picture_is_not_looked_at_twice() -> None:
    assert closeup(scene([(0.02, 0.1, 0.2), (0.75, 0.7, 0.2)])) is None


def test_the_closeup_stands_behind_the_whole() -> None:
    picture = scene([(0.1, 0.6, 0.1), (0.3, 0.7, 0.1)])
    box = closeup(picture)
    assert box is not None
    looks = closer(picture, SIDE, SIDE)
    assert looks.shape == (2, SIDE, SIDE, 3) and looks.dtype == np.uint8
    assert np.array_equal(looks[0], pixels(picture, SIDE, SIDE)[0])
    assert np.array_equal(looks[1], pixels(picture.crop(box), SIDE, SIDE)[0])


def test_a_picture_of_the_encoders_size_has_no_more_to_show() -> None:
    assert len(closer(scene([(0.1, 0.6, 0.1)], size_px=(SIDE, SIDE)), SIDE, SIDE)) == 1


def test_a_model_that_was_not_taught_closeups_gets_none() -> None:
    part = replace(ModelFolder(resources.bundled_model()).manifest.vision, closeup=False)
    picture = scene([(0.1, 0.6, 0.1)])
    assert np.array_equal(views(picture, part), pixels(picture, SIDE, SIDE))
    assert most_views(part) == 1 and most_views(replace(part, closeup=True)) == 2
