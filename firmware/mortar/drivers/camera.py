"""Cameras, chosen by the settings and the command line: a device, or files that play one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PIL import Image

from mortar.clock import now_ms
from mortar.drivers import picamera
from mortar.drivers.camera_live import LiveCamera, Source
from mortar.drivers.frames import VGA, Camera, Frame, Size, Stream, Taken, gate_of
from mortar.drivers.picamera import PicameraSource
from mortar.drivers.pictures import pictures_in, read_picture
from mortar.drivers.v4l2 import V4l2Finder, V4l2Source
from mortar.errors import MortarError
from mortar.settings import Camera as CameraSettings
from mortar.settings import RunOptions


class PlayedStream:
    """A stream that looks whenever a frame is asked for, and so never waits."""

    def __init__(self, look: Callable[[], Image.Image]) -> None:
        self._look = look
        self._number = 0

    @contextmanager
    def newest(self, timeout_ms: float) -> Iterator[Frame]:
        picture = self._look()
        self._number += 1
        taken = Taken(now_ms(), gate_of(picture.convert("L")), picture.copy, release=lambda: None)
        frame = Frame(self._number, taken)
        try:
            yield frame
        finally:
            frame.give_back()


class PlayedCamera(ABC):
    """What is not there to be opened: files, and no camera at all."""

    @abstractmethod
    def capture(self) -> Image.Image: ...

    @contextmanager
    def watch(self) -> Iterator[Stream]:
        yield PlayedStream(self.capture)


class PictureFile(PlayedCamera):
    """Always sees the one picture; the file is read at each look, so it may be changed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def capture(self) -> Image.Image:
        return read_picture(self._path)


class PictureFolder(PlayedCamera):
    """Sees the folder's pictures in the order of their names, one a look, again and again."""

    def __init__(self, path: Path) -> None:
        self._folder = path
        self._looks = 0

    def capture(self) -> Image.Image:
        pictures = pictures_in(self._folder)
        picture = pictures[self._looks % len(pictures)]
        # Counted before reading: a damaged picture is passed by the next look.
        self._looks += 1
        return read_picture(picture)


class NoCamera(PlayedCamera):
    """Switched off in the settings."""

    def capture(self) -> Image.Image:
        raise MortarError(
            "camera-missing",
            "the settings say that there is no camera",
            "set device under [camera], or play one with --camera PICTURE",
        )


def open_camera(settings: CameraSettings, run: RunOptions, wanted: Size = VGA) -> Camera:
    """The camera of this run, with pictures that cover `wanted` where it can. Whether it works shows when
    it is looked through: it may be plugged in, or back in, at any time."""
    if run.camera is not None:
        path = Path(run.camera)
        return PictureFolder(path) if path.is_dir() else PictureFile(path)
    if settings.device == "none":
        return NoCamera()
    return LiveCamera(_opener(settings, wanted if settings.size == "auto" else Size.of(settings.size)))


def _opener(settings: CameraSettings, wanted: Size) -> Callable[[], Source]:
    kernel = partial(V4l2Source, V4l2Finder(settings.device), wanted)
    pi = partial(PicameraSource, settings.device, wanted)
    if settings.driver == "picamera2":
        return pi
    if settings.driver == "v4l2" or settings.device.startswith("/"):
        return kernel
    # A Pi may have its own camera, a webcam, or both, and they come and go.
    return lambda: pi() if picamera.names() else kernel()
