"""A large picture as tiles: which grid it is cut into, and the pictures that the encoder gets of it.

Relaxed aspect-ratio matching, BlueLM-V-3B (arXiv 2411.10640), section 3.2, Algorithm 1. Reads no clock and
no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from mortar.runtimes.interfaces import Pixels
from mortar.runtimes.manifest import Fit, Thumbnail, Tiles, VisionPart

RELAXED = 0.1
"""The share of what is seen that counts for less than wasted area; the paper's alpha."""

BEHIND = "black"
"""Beside a picture that is fitted into its tiles: zeros, as LLaVA's training has it."""

CAMERA_PX = (4_000, 3_000)
"""A picture of a camera, larger than any grid of tiles."""


class Grid(NamedTuple):
    """Tiles beside each other, and above each other."""

    columns: int
    rows: int


WHOLE = Grid(1, 1)


class Seen(NamedTuple):
    """What a grid makes of a picture, in pixels: what of it can be seen, and what of the grid is wasted."""

    effective: int
    wasted: int


def candidates(tiles: Tiles) -> list[Grid]:
    """Every grid that the model knows, from the largest to one tile; of equal areas the widest first."""
    across = range(1, tiles.most_across + 1)
    grids = [Grid(columns, rows) for columns in across for rows in across if columns * rows <= tiles.most]
    return sorted(grids, key=lambda grid: (grid.columns * grid.rows, grid.columns), reverse=True)


def choose(size_px: tuple[int, int], tile_px: tuple[int, int], grids: Sequence[Grid]) -> Grid:
    """The grid for a picture of `size_px` (width, height), of `grids` from the largest to the smallest.

    A grid is left for a smaller one unless that shows more than a tenth less. So a picture that is little
    larger than a tile gets one tile and not four, and one that fits into a tile always gets one.
    """
    best, seen = grids[0], see(size_px, tile_px, grids[0])
    for grid in grids[1:]:
        here = see(size_px, tile_px, grid)
        allowed = RELAXED * seen.effective
        if here.effective - seen.effective > allowed or (
            seen.effective - here.effective < allowed and here.wasted < seen.wasted
        ):
            best, seen = grid, here
    return best


def see(size_px: tuple[int, int], tile_px: tuple[int, int], grid: Grid) -> Seen:
    """What `grid` shows of a picture: no more than the picture has, however much it is enlarged."""
    width_px, height_px = tile_px[0] * grid.columns, tile_px[1] * grid.rows
    fitted = fit_into(size_px, (width_px, height_px))
    effective = min(fitted[0] * fitted[1], size_px[0] * size_px[1])
    return Seen(effective, width_px * height_px - effective)


def fit_into(size_px: tuple[int, int], box_px: tuple[int, int]) -> tuple[int, int]:
    """The largest size (width, height) of the same shape inside `box_px`; a sliver keeps one pixel."""
    (width, height), (box_width, box_height) = size_px, box_px
    if width * box_height >= height * box_width:
        return box_width, max(1, height * box_width // width)
    return max(1, width * box_height // height), box_height


def grid_for(size_px: tuple[int, int], part: VisionPart) -> Grid:
    """The grid for a picture of `size_px` (width, height); one tile where the model knows no tiles."""
    if part.tiles is None:
        return WHOLE
    return choose(size_px, (part.width_px, part.height_px), candidates(part.tiles))


def useful_px(part: VisionPart) -> tuple[int, int]:
    """The size (width, height) that a camera's picture is worth having in: the encoder sees no more of it."""
    grid = grid_for(CAMERA_PX, part)
    return part.width_px * grid.columns, part.height_px * grid.rows


def pictures_of(grid: Grid, part: VisionPart) -> int:
    """How many pictures `cut` makes. A single squashed tile would show the thumbnail once more."""
    if grid == WHOLE and (part.tiles is None or part.tiles.fit is Fit.SQUASH):
        return 1
    return grid.columns * grid.rows + 1


def most_pictures(part: VisionPart) -> int:
    """The most that `cut` ever makes."""
    return 1 if part.tiles is None else pictures_of(candidates(part.tiles)[0], part)


def cut(picture: Image.Image, grid: Grid, part: VisionPart) -> Pixels:
    """What the encoder gets of `picture`, mode RGB and upright: uint8 [n, height_px, width_px, 3].

    The thumbnail (the whole picture, squashed) stands where the model had it, first or last; the tiles are
    row by row. The picture is brought to the tiles' size once, and the thumbnail is made of that.
    """
    tile_px = part.width_px, part.height_px
    n = pictures_of(grid, part)
    if part.tiles is None or n == 1:
        return np.asarray(_resized(picture, tile_px))[np.newaxis]
    all_px = tile_px[0] * grid.columns, tile_px[1] * grid.rows
    letterboxed = part.tiles.fit is Fit.LETTERBOX
    scaled = _resized(picture, fit_into(picture.size, all_px) if letterboxed else all_px)
    cuttings = np.empty((n, part.height_px, part.width_px, 3), np.uint8)
    at_end = part.tiles.thumbnail is Thumbnail.LAST
    cuttings[-1 if at_end else 0] = _resized(scaled, tile_px)
    tiles = cuttings[:-1] if at_end else cuttings[1:]
    by_row = tiles.reshape(grid.rows, grid.columns, part.height_px, part.width_px, 3)
    pixels = np.asarray(_centred(scaled, all_px))
    by_row[:] = pixels.reshape(grid.rows, part.height_px, grid.columns, part.width_px, 3).swapaxes(1, 2)
    return cuttings


def _resized(picture: Image.Image, size_px: tuple[int, int]) -> Image.Image:
    """As the bundled model was trained; Pillow averages over what it shrinks."""
    return picture.resize(size_px, Image.Resampling.BILINEAR)


def _centred(picture: Image.Image, size_px: tuple[int, int]) -> Image.Image:
    if picture.size == size_px:
        return picture
    canvas = Image.new("RGB", size_px, BEHIND)
    canvas.paste(picture, ((size_px[0] - picture.width) // 2, (size_px[1] - picture.height) // 2))
    return canvas
