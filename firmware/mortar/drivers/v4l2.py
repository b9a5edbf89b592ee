"""Cameras of the Linux kernel (V4L2): USB webcams, and CSI cameras whose driver gives whole pictures.

Written to the kernel's interface with nothing but ioctl and mmap. It was run against a stand-in for the
kernel (tests/cameras), never against a camera: docs/cameras.md.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from mortar.clock import now_ms
from mortar.drivers import pixels
from mortar.drivers.camera_live import no_frame
from mortar.drivers.frames import VGA, Size, Taken
from mortar.drivers.v4l2_device import Device, Filled, buffer_type, capability
from mortar.drivers.v4l2_modes import Mode, modes
from mortar.errors import MortarError

DEVICES = Path("/dev")

NO_CAMERAS = (b"bcm2835-", b"pispbe", b"rkcif", b"rpivid")
"""Drivers whose devices capture from memory, or from a sensor past the part that makes pictures of it.
A person who knows better names the device in the settings."""


@dataclass(frozen=True)
class Found:
    """A device that gives pictures which Mortar reads."""

    path: Path
    card: str
    """What it calls itself; the same wherever it is plugged in."""
    modes: list[Mode]

    def __str__(self) -> str:
        """For people: with the largest picture of each form."""
        largest = {mode.form: mode for mode in sorted(self.modes, key=lambda mode: mode.size.area_px)}
        return f"{self.card} ({self.path}: {', '.join(map(str, largest.values()))})"


class V4l2Finder:
    """The camera that is meant, wherever it is plugged in."""

    def __init__(self, device: str, devices: Path = DEVICES) -> None:
        """`device` is "auto" (the first one), a path, or part of the name that a camera calls itself."""
        self._path = Path(device) if device.startswith("/") else None
        self._name = "" if device == "auto" else device
        self._devices = devices
        self._card: str | None = None
        """Of the one that was opened last: it may come back under another path."""

    def find(self) -> Path:
        """Raises MortarError, camera-missing."""
        if self._path is not None and (self._path.exists() or self._card is None):
            return self._path
        found = list(cameras(self._devices))
        same = [camera for camera in found if camera.card == self._card]
        like = [camera for camera in found if self._name in camera.card] if self._path is None else []
        camera = next(iter(same + like), None)
        if camera is None:
            raise self._missing()
        return camera.path

    def remember(self, card: str) -> None:
        self._card = card

    def _missing(self) -> MortarError:
        if self._card is None:  # never seen: perhaps only because it is closed to this user
            for path in _devices(self._devices):
                if not os.access(path, os.R_OK | os.W_OK):
                    return failed(path, OSError(errno.EACCES, os.strerror(errno.EACCES)))
        meant = str(self._path or self._name)
        what = f"the camera {meant} is not connected" if meant else "no camera is connected"
        return MortarError("camera-missing", what, "connect it, or play one with --camera PICTURE")


class V4l2Source:
    """A camera that is open."""

    def __init__(self, finder: V4l2Finder, wanted: Size = VGA) -> None:
        """Raises MortarError."""
        self._path = finder.find()
        try:
            fd = _open(self._path)
            try:
                finder.remember(_card(fd))
                self._device = Device(fd, wanted)
            except OSError:
                os.close(fd)
                raise
        except OSError as error:
            raise failed(self._path, error) from None

    def take(self, deadline_ms: float) -> Taken:
        try:
            while (waiting := self._device.next_filled()) is not None:
                self._device.give_back(waiting)  # older than the question
            return self._next(deadline_ms)
        except OSError as error:
            raise failed(self._path, error) from None

    def close(self) -> None:
        self._device.close()

    def _next(self, deadline_ms: float) -> Taken:
        damaged = 0
        while (left_ms := deadline_ms - now_ms()) > 0 and self._device.wait(left_ms):
            filled = self._device.next_filled()
            if filled is None:
                # Woken for no picture: poll's word for a device that does not stream any more.
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            try:
                return self._taken(filled)
            except pixels.Damaged:
                damaged += 1
                self._device.give_back(filled)
        if damaged:
            raise _damaged(self._path, f"{damaged} pictures came, and each was incomplete")
        raise no_frame(str(self._path))

    def _taken(self, filled: Filled) -> Taken:
        if filled.is_damaged:
            raise pixels.Damaged
        gate = pixels.gate(self._device.layout, self._device.planes(filled))
        return Taken(filled.t_ms, gate, partial(self._picture, filled), partial(self._release, filled))

    def _picture(self, filled: Filled) -> Image.Image:
        if not self._device.is_open:
            raise MortarError("camera-missing", f"{self._path} went away", "connect the camera again")
        try:
            return pixels.picture(self._device.layout, self._device.planes(filled))
        except pixels.Damaged as error:
            raise _damaged(self._path, str(error)) from None

    def _release(self, filled: Filled) -> None:
        if self._device.is_open:
            with suppress(OSError):  # gone: the next frame tells
                self._device.give_back(filled)


def cameras(devices: Path = DEVICES) -> Iterator[Found]:
    """Those that this user may open, in the order of their numbers."""
    for path in _devices(devices):
        try:
            fd = _open(path)
        except OSError:
            continue
        try:
            found = _look(fd)
            card = _card(fd)
        except OSError:
            continue  # no video device, or gone while it was looked at
        finally:
            os.close(fd)
        if found:
            yield Found(path, card, found)


def failed(path: Path, error: OSError) -> MortarError:
    what = f"{path}: {error.strerror or error}"
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return MortarError("camera-missing", what, "connect the camera")
    return MortarError("camera-failed", what, ADVICE.get(error.errno or 0, "unplug it and plug it in again"))


ADVICE = {
    errno.EACCES: "run: sudo usermod -aG video $USER, and log in again",
    errno.EPERM: "run: sudo usermod -aG video $USER, and log in again",
    errno.EBUSY: "another program uses it: end that one",
    errno.ENOSPC: "plug it into another USB port, or set a smaller size under [camera]",
    errno.EINVAL: "name another device under [camera]: `mortar doctor` lists them",
    errno.ENOTTY: "name another device under [camera]: `mortar doctor` lists them",
}


def _damaged(path: Path, why: str) -> MortarError:
    return MortarError("camera-failed", f"{path}: {why}", "try another cable or USB port, or a smaller size")


def _devices(folder: Path) -> list[Path]:
    return sorted(folder.glob("video*"), key=lambda path: (len(path.name), path.name))


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def _card(fd: int) -> str:
    return bytes(capability(fd).card).decode("utf-8", "replace")


def _look(fd: int) -> list[Mode]:
    """What this device offers; nothing where it is no camera (cameras also show devices for metadata)."""
    has = capability(fd)
    buffers = buffer_type(has)
    if buffers is None or bytes(has.driver).startswith(NO_CAMERAS):
        return []
    return modes(fd, buffers, VGA)
