"""Cameras, chosen by the settings and the command line: a device, or files that play one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from mortar.drivers.frames import Camera, PlayedStream, Stream
from mortar.drivers.pictures import pictures_in, read_picture
from mortar.drivers.v4l2 import V4l2Camera
from mortar.errors import MortarError
from mortar.settings import Camera as CameraSettings
from mortar.settings import RunOptions


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


def open_camera(settings: CameraSettings, run: RunOptions) -> Camera:
    """The camera of this run. Whether it works shows when it is looked through: it may be plugged
    in, or back in, at any time."""
    if run.camera is not None:
        path = Path(run.camera)
        return PictureFolder(path) if path.is_dir() else PictureFile(path)
    if settings.device == "none":
        return NoCamera()
    return V4l2Camera(None if settings.device == "auto" else Path(settings.device))
