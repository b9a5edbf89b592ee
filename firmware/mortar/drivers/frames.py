"""What every camera gives: single pictures, and frames of a stream that stays open.

    with camera.watch() as stream:
        with stream.newest(timeout_ms) as frame:
            if differs(frame.gate):
                encode(frame.picture())

A frame is a look into the driver's own buffer, lent for as long as its with-block lasts: one that is not
asked for its `picture` is never converted, nor copied but for its small `gate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from mortar.clock import now_ms

Luma = npt.NDArray[np.uint8]

GATE_PX = 160
"""A gate is at least this wide, and less than twice that, where the picture is."""


class Size(NamedTuple):
    width_px: int
    height_px: int

    def __str__(self) -> str:
        return f"{self.width_px}×{self.height_px}"

    @property
    def area_px(self) -> int:
        return self.width_px * self.height_px

    def covers(self, other: Size) -> bool:
        return self.width_px >= other.width_px and self.height_px >= other.height_px


VGA = Size(640, 480)
"""Asked for where nobody needs more: every camera has it, and the bundled encoder sees 128×128 of it."""


class Frame:
    """One picture of a stream, lent within the with-block that gave it."""

    def __init__(self, number: int, t_ms: float, gate: Luma, read: Callable[[], Image.Image]) -> None:
        self.number = number
        """Counts the pictures that the stream took in, from 1; those that nobody was given count too."""
        self.t_ms = t_ms
        """When it was taken, on the monotonic clock (`mortar.clock.now_ms`)."""
        self.gate = gate
        """uint8 [height, width], luma 0..255, GATE_PX wide or a little more. Its own memory: may be kept."""
        self._read: Callable[[], Image.Image] | None = read

    def picture(self) -> Image.Image:
        """Mode RGB, the stream's full size, memory of its own. Raises MortarError where it is damaged,
        ValueError once the frame was given back."""
        if self._read is None:
            raise ValueError("the frame was given back to its camera")
        return self._read()

    def give_back(self) -> None:
        """Let go of the driver's buffer; the stream does so at the end of the with-block."""
        self._read = None


class Stream(Protocol):
    """A camera that is open. For one thread at a time."""

    def newest(self, timeout_ms: float) -> AbstractContextManager[Frame]:
        """The next picture that the camera takes from now on: none that waited in a queue.

        Whoever asks sets the pace; what comes between goes back to the driver unseen. At most two frames
        may be held at a time. Raises MortarError: camera-no-frame after `timeout_ms`, camera-missing or
        camera-failed when it is gone. The stream outlives its camera: each later call looks for it
        again, and goes on once it is back.
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


class PlayedStream:
    """A stream that looks whenever a frame is asked for, and so never waits."""

    def __init__(self, look: Callable[[], Image.Image]) -> None:
        self._look = look
        self._number = 0

    @contextmanager
    def newest(self, timeout_ms: float) -> Iterator[Frame]:
        picture = self._look()
        self._number += 1
        frame = Frame(self._number, now_ms(), gate_of(picture.convert("L")), picture.copy)
        try:
            yield frame
        finally:
            frame.give_back()
