"""What every camera gives: single pictures, and frames of a stream that stays open.

    with camera.watch() as stream:
        with stream.newest(timeout_ms) as frame:
            if differs(frame.gate):
                encode(frame.picture())

A frame is a look into the driver's own buffer, lent for as long as its with-block lasts: one that is not
asked for its `picture` is never converted, nor copied but for its small `gate`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

Luma = npt.NDArray[np.uint8]

GATE_PX = 160
"""A gate is at least this wide, and less than twice that, where the picture is."""

PATIENCE_MS = 5_000
"""Long enough for the first frame of a stream: opening, and a few more until the exposure has settled."""


class Size(NamedTuple):
    width_px: int
    height_px: int

    @classmethod
    def of(cls, text: str) -> Size:
        """Of "640x480"."""
        return cls(*map(int, text.split("x")))

    def __str__(self) -> str:
        return f"{self.width_px}×{self.height_px}"

    @property
    def area_px(self) -> int:
        return self.width_px * self.height_px

    def covers(self, other: Size) -> bool:
        return self.width_px >= other.width_px and self.height_px >= other.height_px


VGA = Size(640, 480)
"""Asked for where nobody needs more: every camera has it, and the bundled encoder sees 128×128 of it."""


class Taken(NamedTuple):
    """A picture that lies in a driver's buffer."""

    t_ms: float
    gate: Luma
    read: Callable[[], Image.Image]
    release: Callable[[], None]
    """Gives the buffer back to the driver. Raises nothing: a camera that is gone took its buffers along."""


class Frame:
    """One picture of a stream, lent within the with-block that gave it."""

    def __init__(self, number: int, taken: Taken) -> None:
        self.number = number
        """Counts the frames that the stream gave, from 1."""
        self.t_ms = taken.t_ms
        """When it was taken, on the monotonic clock (`mortar.clock.now_ms`)."""
        self.gate = taken.gate
        """uint8 [height, width], luma 0..255, GATE_PX wide or a little more. Its own memory: may be kept."""
        self._taken: Taken | None = taken

    def picture(self) -> Image.Image:
        """Mode RGB, the stream's full size, memory of its own. Raises MortarError where it is damaged,
        ValueError once the frame was given back."""
        if self._taken is None:
            raise ValueError("the frame was given back to its camera")
        return self._taken.read()

    def give_back(self) -> None:
        """Let go of the driver's buffer; the stream does so at the end of the with-block."""
        if self._taken is not None:
            self._taken.release()
            self._taken = None


class Stream(Protocol):
    """A camera that is open. For one thread at a time."""

    def newest(self, timeout_ms: float) -> AbstractContextManager[Frame]:
        """The next picture that the camera takes from now on: none that waited in a queue.

        Whoever asks sets the pace; what comes between goes back to the driver unseen. At most two frames
        may be held at a time. The first is one whose exposure has settled, so give it PATIENCE_MS.
        Raises MortarError: camera-no-frame after `timeout_ms`, camera-missing or camera-failed when it is
        gone. The stream outlives its camera: each later call looks for it again, and goes on once it is back.
        """


class Camera(Protocol):
    def capture(self) -> Image.Image:
        """The picture that is in front of the camera now, RGB. Blocks; raises MortarError.

        While a stream of this camera is open, it is that stream's newest frame.
        """

    def watch(self) -> AbstractContextManager[Stream]:
        """Keep the camera open within the with-block. It is opened by the first `newest`, which raises
        what goes wrong with it; on the way out it is closed."""


def gate_of(luma: Image.Image) -> Luma:
    """The gate of a whole picture, mode L: means of squares of pixels, no interpolation."""
    return np.asarray(luma.reduce(max(1, luma.width // GATE_PX)))
