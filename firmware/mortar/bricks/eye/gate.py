"""Whether the picture has changed: a cheap gate before an expensive encoder.

A frame is compared with the one that was encoded last, not with its neighbour: what creeps in adds up.
Three things are explained away before anything counts as a change. Light: one factor for the whole picture,
and slow drift of every place by itself. A camera that shakes: a value may be any of those around its place.
Noise: as much as this pair of frames shows it to be. What is left is a change where it fills a cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]
Levels = npt.NDArray[np.float32]

WIDTH_px = 80
"""Frames are reduced to at least this width, and less than twice that: one of its pixels is the shake that is
explained away, and a card of a tenth of the picture is 8 of them."""

CELL_px = 4
"""Edge of a cell of the reduced frame."""

CHANGED = 8.0
"""Levels (of 255) by which a cell must be off, on the mean of its pixels. Chosen on seeds of its own
(docs/watching.md)."""

NOISES = 2.0
"""Standard deviations of the noise that a pixel may be off for nothing."""

MOST_NOISE = 6.0
"""Levels. A frame that is off by more in most places is no noisy one but another one."""

GAINS = (0.5, 2.0)
"""Light between these factors is a camera's exposure, or a cloud: beyond it is another light."""

FOLLOWED = 0.05
"""Share of the way that a frame without a change draws the remembered one to itself: light that drifts is
followed within some 20 frames."""

DARK = 8.0
"""Level added to both frames before the factor between them is taken: in the dark that is all noise."""


GLARE = 248.0
"""Level from which a camera has nothing left to show with."""


class Reason(StrEnum):
    FIRST = "first"
    """There is nothing to compare it with."""
    LIGHT = "light"
    PLACE = "place"
    """Something in the picture: a card, a hand, a person."""
    SAME = "same"


@dataclass(frozen=True)
class Verdict:
    reason: Reason
    score: float = 0.0
    """Levels by which the cell that differs most is off; of a frame without a change, at most."""

    @property
    def is_changed(self) -> bool:
        return self.reason is not Reason.SAME


Measure = Callable[[Levels, Levels], float]
"""(frame, remembered one in its light), float32 [h, w] of 0..255 → how far they differ, in levels: no more
than `worst_cell` of their difference."""


def outside(frame: Levels, expected: Levels) -> float:
    """Levels by which the worst cell is off where neither shake nor noise explains it.

    A pixel of one frame is explained by a shift of up to a pixel if the 3×3 around its place in the other
    has its level in between. Asked both ways: a card is not hidden by a table whose pattern has every level,
    because then the pattern is what is missing.
    """
    noise = NOISES * min(_middle(np.abs(frame - expected)) * 1.48, MOST_NOISE)
    off = np.maximum(_beyond(frame, expected), _beyond(expected, frame)) - np.float32(noise)
    return worst_cell(np.maximum(off, 0, out=off))


def worst_cell(off: Levels) -> float:
    """The largest mean of a cell of CELL_px × CELL_px."""
    return float(_means(off, CELL_px).max())


class Gate:
    """Belongs to one stream of frames. `measure` and `changed` are others only where they are compared."""

    def __init__(self, measure: Measure = outside, changed: float = CHANGED) -> None:
        self._measure = measure
        self._changed = changed
        self._remembered: Levels | None = None

    def judge(self, luma: Luma) -> Verdict:
        """uint8 [h, w] against the frame that was `take`n last."""
        frame = reduced(luma)
        if self._remembered is None or self._remembered.shape != frame.shape:
            return Verdict(Reason.FIRST)
        gain = _gain(frame, self._remembered)
        if not GAINS[0] <= gain <= GAINS[1]:
            return Verdict(Reason.LIGHT)
        expected = np.minimum(self._remembered * np.float32(gain), 255)
        # What was too bright to be told apart may show any brightness in less light.
        np.maximum(expected, frame, out=expected, where=self._remembered >= GLARE)
        # A measure explains differences away and adds none: most frames need no more than this.
        score = worst_cell(np.abs(frame - expected))
        if score > self._changed:
            score = self._measure(frame, expected)
        if score > self._changed:
            return Verdict(Reason.PLACE, score)
        self._remembered = expected + np.float32(FOLLOWED) * (frame - expected)
        return Verdict(Reason.SAME, score)

    def take(self, luma: Luma) -> None:
        """This frame is encoded: later ones are compared with it."""
        self._remembered = reduced(luma)

    def forget(self) -> None:
        """The next frame is the first."""
        self._remembered = None


def reduced(luma: Luma) -> Levels:
    """float32 [h, w]: means of squares of pixels, WIDTH_px wide or up to twice that, where `luma` is."""
    return _means(luma, max(1, luma.shape[1] // WIDTH_px))


def _means(values: Luma | Levels, edge: int) -> Levels:
    """Of squares of `edge`, at most 16; what is left at the right and lower edge is in none. A picture that
    is smaller than a square has smaller ones."""
    edge = min(edge, *values.shape)
    height, width = (size // edge * edge for size in values.shape)
    across = values[:height, 0:width:edge].astype(np.promote_types(values.dtype, np.uint16))
    for column in range(1, edge):
        across += values[:height, column:width:edge]
    down = across[0::edge].copy()
    for row in range(1, edge):
        down += across[row::edge]
    return down * np.float32(1 / edge**2)


def _middle(values: Levels) -> float:
    """The median of every second value in each direction: what most places have."""
    some = values[::2, ::2].ravel()
    return float(np.partition(some, some.size // 2)[some.size // 2])


def _gain(frame: Levels, remembered: Levels) -> float:
    """The factor of light between them: the median over places, which a card put down does not move."""
    return _middle((frame + np.float32(DARK)) / (remembered + np.float32(DARK)))


def _beyond(frame: Levels, other: Levels) -> Levels:
    """float32 [h, w]: how far each pixel of `frame` is outside of the levels around its place in `other`."""
    high, low = _around(other, np.maximum), _around(other, np.minimum)
    off: Levels = np.maximum(frame - high, low - frame)
    return off


def _around(levels: Levels, pick: np.ufunc) -> Levels:
    """The highest or lowest of each 3×3; at the edges of what there is of it."""
    down = levels.copy()
    pick(down[1:], levels[:-1], out=down[1:])
    pick(down[:-1], levels[1:], out=down[:-1])
    across = down.copy()
    pick(across[:, 1:], down[:, :-1], out=across[:, 1:])
    pick(across[:, :-1], down[:, 1:], out=across[:, :-1])
    return across
