"""What the encoder gets of a picture: the whole of it, and what the model was trained to see beside it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mortar.bricks.closeup import Box, closeup
from mortar.bricks.picture import pixels
from mortar.bricks.tiles import cut, grid_for, most_pictures, pictures_of
from mortar.runtimes.interfaces import Pixels
from mortar.runtimes.manifest import VisionPart


def views(picture: Image.Image, part: VisionPart) -> Pixels:
    """uint8 [n, height_px, width_px, 3] of an upright RGB picture: the whole and a close-up, or tiles."""
    if part.closeup:
        return closer(picture, part.width_px, part.height_px)
    return cut(picture, grid_for(picture.size, part), part)


def n_views(picture: Image.Image, part: VisionPart) -> int:
    """How many `views` makes of it."""
    if part.closeup:
        return 1 if _box(picture, part.width_px, part.height_px) is None else 2
    return pictures_of(grid_for(picture.size, part), part)


def most_views(part: VisionPart) -> int:
    """The most that `views` ever makes."""
    return 2 if part.closeup else most_pictures(part)


def closer(picture: Image.Image, width_px: int, height_px: int) -> Pixels:
    """uint8 [1 or 2, height_px, width_px, 3]: the whole of an RGB picture, and a close-up where one helps."""
    whole = pixels(picture, width_px, height_px)
    box = _box(picture, width_px, height_px)
    if box is None:
        return whole
    return np.concatenate((whole, pixels(picture.crop(box), width_px, height_px)))


def _box(picture: Image.Image, width_px: int, height_px: int) -> Box | None:
    """None also where the encoder sees every pixel of the whole already."""
    if picture.width <= width_px and picture.height <= height_px:
        return None
    return closeup(picture)
