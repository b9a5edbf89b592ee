"""A camera that is really there, whatever its driver: opened when looked through, found again when lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from PIL import Image

from mortar.clock import now_ms
from mortar.drivers.exposure import Settling
from mortar.drivers.frames import PATIENCE_MS, Frame, Stream, Taken
from mortar.errors import MortarError


class Source(Protocol):
    """A driver's open camera. Every method raises MortarError, after which it is of no more use."""

    def take(self, deadline_ms: float) -> Taken:
        """The next picture from now on; camera-no-frame at `deadline_ms`, on the monotonic clock."""

    def close(self) -> None:
        """Free the device, whether or not it is still there. Raises nothing."""


class LiveStream:
    """Opened at the first frame; after an error it is closed, and opened anew at the next."""

    def __init__(self, open_source: Callable[[], Source]) -> None:
        self._open = open_source
        self._source: Source | None = None
        self._number = 0

    @contextmanager
    def newest(self, timeout_ms: float) -> Iterator[Frame]:
        try:
            taken = self._take(now_ms() + timeout_ms)
        except MortarError:
            self.close()
            raise
        self._number += 1
        frame = Frame(self._number, taken)
        try:
            yield frame
        finally:
            frame.give_back()

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def _take(self, deadline_ms: float) -> Taken:
        if self._source is not None:
            return self._source.take(deadline_ms)
        self._source = self._open()
        settling = Settling()
        while not settling.is_over((taken := self._source.take(deadline_ms)).gate):
            taken.release()
        return taken


class LiveCamera:
    """A resting camera is closed: it draws no power, shows no light, and may be unplugged."""

    def __init__(self, open_source: Callable[[], Source]) -> None:
        self._open = open_source
        self._stream: LiveStream | None = None

    def capture(self) -> Image.Image:
        if self._stream is not None:
            with self._stream.newest(PATIENCE_MS) as frame:
                return frame.picture()
        with self.watch() as stream, stream.newest(PATIENCE_MS) as frame:
            return frame.picture()

    @contextmanager
    def watch(self) -> Iterator[Stream]:
        self._stream = stream = LiveStream(self._open)
        try:
            yield stream
        finally:
            self._stream = None
            stream.close()


def no_frame(name: str) -> MortarError:
    return MortarError(
        "camera-no-frame",
        f"{name} gives no picture",
        "see that no other program uses it, then unplug it and plug it in again",
    )
