"""The frame ring: camera pictures from the camera's thread to the encoder, the latest one wins.

Readers look at a picture in place, for as long as their with-block lasts; the writer goes round
what is being looked at. The memory is a memfd, so that other processes can look too one day.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mortar.errors import MortarError
from mortar.rings import memory

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """A picture in the ring, valid within the with-block that gave it."""

    picture: Picture
    """uint8 [height, width, 3], red green blue, read-only, in the ring's memory."""
    number: int
    """Counts the frames that the camera gave, from 1."""
    t_ms: float
    """When it was taken, as the writer said."""


class FrameRing:
    """Thread-safe: one camera thread puts, any number of threads look."""

    def __init__(self, slots: int, height: int, width: int) -> None:
        """`slots` pictures uint8 [height, width, 3]. Each reader holds one, so readers + 2 slots
        always leave one for the camera beside the latest."""
        self._shape = (height, width, 3)
        size = slots * height * width * 3
        self.descriptor, mapping = memory.create("mortar-frames", size)
        self._memory: Picture = np.frombuffer(mapping, np.uint8).reshape(slots, *self._shape)
        seen: Picture = np.frombuffer(memory.attach(self.descriptor, size), np.uint8)
        self._seen = seen.reshape(slots, *self._shape)
        self._numbers = [0] * slots
        self._t_ms = [0.0] * slots
        self._holds = [0] * slots
        self._newest = 0
        self._news = threading.Condition()

    def put(self, picture: Picture, t_ms: float) -> int:
        """Copy `picture`, uint8 [height, width, 3], in over the oldest frame that nobody holds.

        Gives its number. Where every slot is held the picture is dropped, and its number with it.
        Raises MortarError for a picture of another shape.
        """
        if picture.shape != self._shape or picture.dtype != np.uint8:
            raise MortarError(
                "frame-shape-wrong",
                f"the camera gave {picture.dtype} {picture.shape} where uint8 {self._shape} was agreed",
                "reconnect the camera, or set its size again",
            )
        with self._news:
            self._newest += 1
            unheld = [index for index, holds in enumerate(self._holds) if holds == 0]
            if unheld:
                index = min(unheld, key=self._numbers.__getitem__)
                self._memory[index] = picture
                self._numbers[index] = self._newest
                self._t_ms[index] = t_ms
                self._news.notify_all()
            return self._newest

    @contextmanager
    def latest(self) -> Iterator[Frame]:
        """The newest frame, held while the with-block lasts. Raises MortarError before the first."""
        with self._news:
            index = self._latest()
            number = self._numbers[index]
            if number == 0:
                raise MortarError(
                    "camera-no-frame",
                    "the camera has not given a picture yet",
                    "check that it is connected and that no other program uses it",
                )
            self._holds[index] += 1
            frame = Frame(self._seen[index], number, self._t_ms[index])
        try:
            yield frame
        finally:
            with self._news:
                self._holds[index] -= 1

    def wait_for_newer(self, than: int, timeout_ms: float) -> bool:
        """Wait until a frame with a number above `than` is there; False if none came in time."""
        with self._news:
            return self._news.wait_for(lambda: self._numbers[self._latest()] > than, timeout_ms / 1e3)

    def close(self) -> None:
        """Give up the memory; it goes once no view of it is left."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            del self._memory, self._seen

    def _latest(self) -> int:
        return max(range(len(self._numbers)), key=self._numbers.__getitem__)
