"""When a camera that was just opened may be believed: once its automatic exposure has settled."""

from __future__ import annotations

from mortar.drivers.frames import Luma

LEAST_FRAMES, MOST_FRAMES = 4, 20
"""Cameras begin dark or glaring. After the most, 0.7 s at 30 frames a second, the scene itself changes."""

STEADY_FRAMES = 3
"""So many in a row that hardly differ are settled."""

STEP = 2.0
"""Mean luma of two frames, of 255, that hardly differ."""

BLACK = 8.0
"""Mean luma below which a camera has probably not begun to see; in the dark it is waited for in vain."""


class Settling:
    """Looks at the gate of each frame since the camera was opened."""

    def __init__(self) -> None:
        self._frames = 0
        self._steady = 0
        self._luma = 0.0

    def is_over(self, gate: Luma) -> bool:
        """Whether this frame, the next one since the start, has the exposure that will stay."""
        luma = float(gate.mean())
        is_steady = abs(luma - self._luma) < STEP and luma > BLACK
        self._steady = self._steady + 1 if is_steady else 0
        self._luma = luma
        self._frames += 1
        settled = self._frames >= LEAST_FRAMES and self._steady >= STEADY_FRAMES
        return settled or self._frames >= MOST_FRAMES
