"""The grid that a picture is cut into: the paper's own cases, and what must hold of any picture."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mortar.bricks.tiles import Grid, candidates, choose, fit_into, see, useful_px
from mortar.runtimes.manifest import Fit, Tiles
from tiles.parts import PLAIN, tiled

TILE_PX = (384, 384)
UP_TO_3_BY_3 = candidates(Tiles(most_across=3, most=9, fit=Fit.LETTERBOX))
UP_TO_16 = candidates(Tiles(most_across=16, most=16, fit=Fit.LETTERBOX))

sizes = st.tuples(st.integers(1, 20_000), st.integers(1, 20_000))
lists = st.builds(Tiles, most_across=st.integers(1, 6), most=st.integers(1, 20), fit=st.just(Fit.SQUASH))


def llava_next(size_px: tuple[int, int], grids: list[Grid]) -> Grid:
    """LLaVA-NeXT's rule: as much of the picture as can be, then as little waste."""
    return max(
        grids, key=lambda grid: (see(size_px, TILE_PX, grid).effective, -see(size_px, TILE_PX, grid).wasted)
    )


def internvl(size_px: tuple[int, int], grids: list[Grid]) -> Grid:
    """InternVL 1.5's rule: the nearest aspect ratio."""
    return min(grids, key=lambda grid: abs(grid.columns / grid.rows - size_px[0] / size_px[1]))


@pytest.mark.parametrize(
    ("size_px", "grid"),
    [
        ((394, 390), (1, 1)),
        ((380, 76), (1, 1)),
        ((380, 393), (1, 1)),
        ((500, 102), (2, 1)),
        ((768, 1536), (2, 3)),
    ],
)
def test_the_papers_pictures_get_the_papers_grids(size_px: tuple[int, int], grid: tuple[int, int]) -> None:
    """BlueLM-V-3B, section 3.2, with grids of up to 3 × 3."""
    assert choose(size_px, TILE_PX, UP_TO_3_BY_3) == grid


def test_a_telephones_screen_gets_two_by_four() -> None:
    """Where sixteen tiles are allowed, as in the paper's figure for 768 × 1536."""
    assert choose((768, 1536), TILE_PX, UP_TO_16) == (2, 4)


@pytest.mark.parametrize(("size_px", "grid"), [((394, 390), (2, 2)), ((380, 393), (1, 2))])
def test_llava_nexts_rule_wastes_tiles_on_the_same_pictures(
    size_px: tuple[int, int], grid: tuple[int, int]
) -> None:
    assert llava_next(size_px, UP_TO_3_BY_3) == grid


@pytest.mark.parametrize("size_px", [(380, 76), (500, 102)])
def test_internvls_rule_wastes_tiles_on_the_same_pictures(size_px: tuple[int, int]) -> None:
    assert internvl(size_px, UP_TO_16) == (5, 1)


@settings(deadline=None)
@given(sizes, lists)
def test_there_is_a_grid_for_every_picture_and_every_list(size_px: tuple[int, int], tiles: Tiles) -> None:
    grids = candidates(tiles)
    assert choose(size_px, TILE_PX, grids) in grids


@settings(deadline=None)
@given(sizes, lists)
def test_never_more_tiles_than_llava_next(size_px: tuple[int, int], tiles: Tiles) -> None:
    grids = candidates(tiles)
    ours, theirs = choose(size_px, TILE_PX, grids), llava_next(size_px, grids)
    assert ours.columns * ours.rows <= theirs.columns * theirs.rows


@settings(deadline=None)
@given(sizes, lists)
def test_no_smaller_grid_would_have_shown_as_much(size_px: tuple[int, int], tiles: Tiles) -> None:
    grids = candidates(tiles)
    chosen = choose(size_px, TILE_PX, grids)
    area, shown = chosen.columns * chosen.rows, see(size_px, TILE_PX, chosen).effective
    smaller = [grid for grid in grids if grid.columns * grid.rows < area]
    assert all(see(size_px, TILE_PX, grid).effective < shown for grid in smaller)


@settings(deadline=None)
@given(st.integers(1, 384), st.integers(1, 384), lists)
def test_what_fits_into_one_tile_gets_one(width: int, height: int, tiles: Tiles) -> None:
    """More would only enlarge it."""
    assert choose((width, height), TILE_PX, candidates(tiles)) == (1, 1)


@pytest.mark.parametrize(
    ("size_px", "grid"),
    [((1, 1), (1, 1)), ((1, 10_000), (1, 3)), ((10_000, 1), (3, 1)), ((9_000, 9_000), (3, 3))],
)
def test_pictures_of_no_shape_at_all(size_px: tuple[int, int], grid: tuple[int, int]) -> None:
    """A sliver still has a pixel in every grid, so that one of them is the best."""
    assert choose(size_px, TILE_PX, UP_TO_3_BY_3) == grid


@settings(deadline=None)
@given(sizes, sizes)
def test_a_fitted_picture_touches_its_box_and_stays_inside(
    size_px: tuple[int, int], box_px: tuple[int, int]
) -> None:
    width, height = fit_into(size_px, box_px)
    assert 1 <= width <= box_px[0] and 1 <= height <= box_px[1]
    assert width == box_px[0] or height == box_px[1]


@settings(deadline=None)
@given(lists)
def test_the_list_has_each_grid_once_from_the_largest_to_one_tile(tiles: Tiles) -> None:
    grids = candidates(tiles)
    assert grids[-1] == (1, 1) and len(set(grids)) == len(grids)
    assert all(a.columns * a.rows >= b.columns * b.rows for a, b in pairwise(grids))
    assert all(max(grid) <= tiles.most_across and grid.columns * grid.rows <= tiles.most for grid in grids)


@pytest.mark.parametrize(("across", "size_px"), [(1, (128, 128)), (3, (384, 384)), (4, (512, 384))])
def test_a_camera_is_asked_for_no_more_than_the_tiles_show(across: int, size_px: tuple[int, int]) -> None:
    assert useful_px(tiled(across=across)) == size_px


def test_without_tiles_a_camera_is_asked_for_one_picture_of_the_encoder() -> None:
    assert useful_px(PLAIN) == (128, 128)
