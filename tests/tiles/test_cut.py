"""What the encoder gets of a large picture: the thumbnail, and the tiles in their places."""

from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mortar.bricks.picture import pixels
from mortar.bricks.tiles import Grid, cut, grid_for, most_pictures, pictures_of
from mortar.runtimes.interfaces import Pixels
from mortar.runtimes.manifest import Fit, Thumbnail, VisionPart
from tiles.parts import PLAIN, tiled

SIDE = PLAIN.width_px
COLOURS = np.array(
    [[(250, 0, 0), (0, 250, 0), (0, 0, 250)], [(250, 250, 0), (0, 250, 250), (250, 0, 250)]], np.uint8
)
"""Of a mosaic of two rows and three columns."""


def mosaic() -> Image.Image:
    """Six colours, each as large as a tile."""
    return Image.fromarray(COLOURS.repeat(SIDE, 0).repeat(SIDE, 1))


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8))


def cut_of(picture: Image.Image, part: VisionPart) -> Pixels:
    return cut(picture, grid_for(picture.size, part), part)


def test_tiles_stand_row_by_row_behind_the_thumbnail() -> None:
    cuttings = cut_of(mosaic(), tiled())
    assert cuttings.shape == (7, SIDE, SIDE, 3) and cuttings.dtype == np.uint8
    assert (cuttings[1:] == COLOURS.reshape(6, 1, 1, 3)).all()


def test_the_thumbnail_is_the_whole_picture_squashed() -> None:
    thumbnail = cut_of(mosaic(), tiled())[0]
    assert np.abs(thumbnail.astype(int) - pixels(mosaic(), SIDE, SIDE)[0]).max() <= 1


def test_a_model_that_has_its_thumbnail_last_gets_it_last() -> None:
    first, last = cut_of(mosaic(), tiled()), cut_of(mosaic(), tiled(thumbnail=Thumbnail.LAST))
    assert np.array_equal(last, np.roll(first, -1, axis=0))


def test_without_tiles_every_picture_is_squashed_as_ever() -> None:
    picture = noise(900, 700)
    assert np.array_equal(cut_of(picture, PLAIN), pixels(picture, SIDE, SIDE))


def test_one_squashed_tile_is_not_sent_twice() -> None:
    """It would be the thumbnail again."""
    picture = noise(SIDE - 20, SIDE // 2)
    assert np.array_equal(cut_of(picture, tiled()), pixels(picture, SIDE, SIDE))


def test_a_letterboxed_tile_keeps_the_pictures_shape_beside_the_squashed_thumbnail() -> None:
    picture = Image.new("RGB", (SIDE, SIDE // 2), (200, 100, 50))
    thumbnail, tile = cut_of(picture, tiled(Fit.LETTERBOX))
    assert (thumbnail == (200, 100, 50)).all()
    rows = (tile == (200, 100, 50)).all(axis=(1, 2))
    assert rows.sum() == SIDE // 2 and rows[SIDE // 4 : SIDE * 3 // 4].all()
    assert not tile[~rows].any(), "what lies around it is black"


def test_letterboxed_tiles_put_together_are_the_picture_in_the_middle() -> None:
    picture = Image.new("RGB", (SIDE * 3, SIDE * 3 // 2), "white")
    part = tiled(Fit.LETTERBOX)
    grid = grid_for(picture.size, part)
    tiles = cut(picture, grid, part)[1:].reshape(*reversed(grid), SIDE, SIDE, 3)
    whole = tiles.swapaxes(1, 2).reshape(grid.rows * SIDE, grid.columns * SIDE, 3)
    lit = np.flatnonzero(whole.any(axis=(1, 2)))
    assert grid == (3, 2) and (lit[0], lit[-1]) == (SIDE // 4, SIDE // 4 + SIDE * 3 // 2 - 1)


def test_tiles_of_another_shape_than_square() -> None:
    """An NPU's graph may be higher than wide."""
    part = msgspec.structs.replace(tiled(), width_px=SIDE // 2)
    picture = noise(SIDE, SIDE)
    cuttings = cut(picture, Grid(2, 1), part)
    assert np.array_equal(np.concatenate(cuttings[1:], axis=1), np.asarray(picture))


@settings(deadline=None)
@given(
    st.integers(1, 900),
    st.integers(1, 900),
    st.sampled_from(Fit),
    st.sampled_from(Thumbnail),
    st.integers(1, 3),
)
def test_as_many_pictures_as_were_announced(
    width: int, height: int, fit: Fit, thumbnail: Thumbnail, across: int
) -> None:
    """The slot in the token ring is taken for that many before the picture is cut."""
    part = tiled(fit, thumbnail, across)
    grid = grid_for((width, height), part)
    cuttings = cut(Image.new("RGB", (width, height)), grid, part)
    assert cuttings.shape == (pictures_of(grid, part), SIDE, SIDE, 3)
    assert cuttings.flags.c_contiguous and len(cuttings) <= most_pictures(part)
