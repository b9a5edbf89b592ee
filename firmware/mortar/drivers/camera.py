"""Cameras, chosen by the settings and the command line: a device, or files that play one."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PIL import Image

from mortar.drivers import v4l2
from mortar.drivers.pictures import pictures_in, read_picture
from mortar.errors import MortarError
from mortar.settings import Camera as CameraSettings
from mortar.settings import RunOptions


class Camera(Protocol):
    def capture(self) -> Image.Image:
        """The picture that is in front of the camera now, RGB. Blocks; raises MortarError."""

    def close(self) -> None: ...


class PictureFile:
    """Always sees the one picture; the file is read at each look, so it may be changed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def capture(self) -> Image.Image:
        return read_picture(self._path)

    def close(self) -> None:
        pass


class PictureFolder:
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

    def close(self) -> None:
        pass


def open_camera(settings: CameraSettings, run: RunOptions) -> Camera:
    """The camera of this run. Raises MortarError where there is none."""
    if run.camera is not None:
        path = Path(run.camera)
        return PictureFolder(path) if path.is_dir() else PictureFile(path)
    if settings.device == "none":
        raise MortarError(
            "camera-missing",
            "the settings say that there is no camera",
            'set device under [camera], or play one with "--camera PICTURE"',
        )
    device = v4l2.first_camera() if settings.device == "auto" else Path(settings.device)
    if device is None:
        raise MortarError(
            "camera-missing",
            "no camera is connected",
            'connect one, or play one with "--camera PICTURE"',
        )
    return v4l2.V4l2Camera(device)
