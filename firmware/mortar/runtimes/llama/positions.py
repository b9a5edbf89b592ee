"""Where llama.cpp wants the tokens of a prompt to stand.

Most models count them one by one. With M-RoPE (Qwen2-VL, arXiv 2409.12191, section 2.1) the rows of a picture
share one time and differ in height and width, and what follows goes on behind the longer edge of the grid, so
that a picture of 20 × 20 takes 20 positions. As in llama.cpp: mtmd_image_tokens_get_decoder_pos, _get_n_pos.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]

AXES = 4
"""Time, height, width, and one that is not in use (GGML_MROPE_SECTIONS)."""


@dataclass(frozen=True)
class Picture:
    """One that was read: entries of the prompt, and positions."""

    begin: int
    end: int
    pos_begin: int
    pos_end: int


class Positions:
    """Of the entries of a prompt, counted from 0; `columns` is how many rows stand beside each other in a
    picture. `has_axes`: with M-RoPE."""

    def __init__(self, *, has_axes: bool, columns: int) -> None:
        self._has_axes = has_axes
        self._columns = columns
        self._pictures: list[Picture] = []

    def of(self, entry: int) -> int:
        """The first of its positions."""
        for picture in reversed(self._pictures):
            if entry >= picture.end:
                return picture.pos_end + entry - picture.end
            if entry >= picture.begin:
                return picture.pos_begin
        return entry

    def entries(self, last_pos: int) -> int:
        """How many entries there are in a memory whose largest position is this; -1 where it is empty."""
        for picture in reversed(self._pictures):
            if last_pos >= picture.pos_end:
                return picture.end + last_pos + 1 - picture.pos_end
            if last_pos >= picture.pos_begin:
                return picture.end
        return last_pos + 1

    def of_rows(self, entry: int, n_tok: int) -> Integers:
        """Of a whole picture that begins at `entry`: [1, n_tok], with M-RoPE [AXES, n_tok]."""
        first = self.of(entry)
        rows = np.arange(n_tok, dtype=np.int32)
        if not self._has_axes:
            return first + rows[np.newaxis]
        height, width = divmod(rows, self._columns)
        return np.stack([np.full_like(rows, first), first + height, first + width, np.zeros_like(rows)])

    def picture_was_read(self, entry: int, n_tok: int) -> None:
        """What follows it stands behind it."""
        if self._has_axes:
            first, height = self.of(entry), -(-n_tok // self._columns)
            edge = max(height, min(self._columns, n_tok))
            self._pictures.append(Picture(entry, entry + n_tok, first, first + edge))

    def forget_from(self, entry: int) -> None:
        """Pictures that are not whole before it."""
        self._pictures = [picture for picture in self._pictures if picture.end <= entry]
