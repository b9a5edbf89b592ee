"""A second look: where in a picture there is anything to see, so that it can be seen larger.

A small card on a large table has too few pixels once the whole picture is squashed to the encoder's size. The
table is what most of the picture is: a colour that changes evenly. What is far from it is content, and the
square around all of it is looked at once more. Reads no clock and no file.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

CELLS = 32
"""The picture is judged in so many cells across and down, each its mean colour."""

TABLE_SPREADS, CONTENT_SPREADS = 3.0, 4.5
"""In median distances: what is nearer than the one to the commonest colour is table, and what is further than
the other from the table's colour is content. Wood, cloth and noise so have a wide range of their own."""

TABLE_LEVELS, CONTENT_LEVELS = 2.0, 12.0
"""The least of either, of 255, on a table of one colour."""

MARGIN_CELLS = 1.5

LEAST_SHARE = 0.4
"""Of the picture's edge: a lone small card is shown among some table, as the model knows cards."""

MOST_SHARE = 0.85
"""A closer look at more of the picture than this shows hardly anything larger."""


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


def closeup(picture: Image.Image) -> Box | None:
    """Where to look closer in an RGB picture: a part of the picture's own shape with all content in it.

    None where a closer look would show nothing larger: content fills the picture, or there is none.
    """
    rows, columns = np.nonzero(_content(picture))
    if not len(rows):
        return None
    across, down = (_span(columns), _span(rows))
    cells = max(across[1] - across[0], down[1] - down[0], LEAST_SHARE * CELLS)
    if cells > MOST_SHARE * CELLS:
        return None
    (left, right), (top, bottom) = _widened(across, cells), _widened(down, cells)
    x, y = picture.width / CELLS, picture.height / CELLS
    return Box(round(left * x), round(top * y), round(right * x), round(bottom * y))


def _span(numbers: npt.NDArray[np.intp]) -> tuple[float, float]:
    """From the first to behind the last cell, with some table around."""
    return float(numbers.min()) - MARGIN_CELLS, float(numbers.max()) + 1 + MARGIN_CELLS


def _widened(span: tuple[float, float], cells: float) -> tuple[float, float]:
    """`cells` long around the same middle, moved into the picture."""
    first = min(max((span[0] + span[1] - cells) / 2, 0.0), CELLS - cells)
    return first, first + cells


def _content(picture: Image.Image) -> npt.NDArray[np.bool_]:
    """[CELLS, CELLS] true where something lies on the table."""
    small = picture.resize((CELLS, CELLS), Image.Resampling.BOX)
    colours = np.asarray(small, np.float64).reshape(-1, 3)
    # What is near the commonest colour is table enough to fit an evenly changing colour to.
    distance = np.abs(colours - np.median(colours, 0)).max(1)
    is_table = distance <= max(TABLE_SPREADS * float(np.median(distance)), TABLE_LEVELS)
    down, across = np.mgrid[:CELLS, :CELLS] / (CELLS - 1) - 0.5
    even = np.stack((np.ones(CELLS * CELLS), across.ravel(), down.ravel()), 1)
    table = even @ np.linalg.lstsq(even[is_table], colours[is_table], rcond=None)[0]
    distance = np.abs(colours - table).max(1)
    is_content = distance > max(CONTENT_SPREADS * float(np.median(distance)), CONTENT_LEVELS)
    return np.asarray(is_content.reshape(CELLS, CELLS))
