"""Cameras of a Raspberry Pi through picamera2, which sits on libcamera.

Written to picamera2 0.3.38 as its source reads; it was never run on a Pi: docs/cameras.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from mortar.clock import now_ms
from mortar.drivers.camera_live import no_frame
from mortar.drivers.frames import GATE_PX, VGA, Luma, Size, Taken
from mortar.errors import MortarError

BUFFERS = 4
"""Two that may be held by whoever looks, one that is being filled, one that waits."""

Pixels = npt.NDArray[np.uint8]


class Request(Protocol):
    """picamera2's CompletedRequest: a picture in all its sizes, counted by whoever holds it."""

    def get_metadata(self) -> dict[str, Any]: ...
    def release(self) -> None: ...


class Mapped(Protocol):
    @property
    def array(self) -> Pixels: ...


class Picamera2(Protocol):
    def create_preview_configuration(
        self, main: dict[str, Any], lores: dict[str, Any], buffer_count: int
    ) -> dict[str, Any]: ...
    def configure(self, camera_config: dict[str, Any]) -> None: ...
    def camera_configuration(self) -> dict[str, Any]: ...
    def start(self) -> None: ...
    def capture_request(self, wait: float, flush: bool) -> Request: ...
    def cancel_all_and_flush(self) -> None: ...
    def close(self) -> None: ...


class Library(NamedTuple):
    """What is used of the package."""

    listed: Callable[[], list[dict[str, Any]]]
    """Each camera's "Model", "Id" and "Num"."""
    open: Callable[[int], Picamera2]
    mapped: Callable[[Request, str], AbstractContextManager[Mapped]]
    """A stream of a request where it lies in memory, for as long as the with-block lasts."""


def library() -> Library:
    """Raises MortarError where picamera2, or the libcamera that it binds to, is missing."""
    try:
        import picamera2
    except ImportError as error:
        raise MortarError(
            "camera-driver-missing",
            f"picamera2 cannot be loaded ({error})",
            "run: sudo apt install python3-libcamera, and pip install 'mortar[pi]' where Mortar sees it",
        ) from None
    pi = picamera2.Picamera2
    return Library(pi.global_camera_info, pi, partial(picamera2.MappedArray, write=False))


def names() -> list[str]:
    """Of the cameras that libcamera knows, as people may name them: "imx708". None where it does not work."""
    if find_spec("picamera2") is None:
        return []
    try:
        return [str(camera.get("Model", "?")) for camera in library().listed() if not _is_webcam(camera)]
    except (MortarError, RuntimeError):
        return []


class PicameraSource:
    """A camera that is open: a main stream in RGB, and beside it a small one in YUV for the gate."""

    def __init__(self, device: str = "auto", wanted: Size = VGA) -> None:
        """`device` is "auto", or part of a camera's name. Raises MortarError."""
        self._library = library()
        self._name, number = _chosen(self._library.listed(), device)
        with self._said():
            self._camera = self._library.open(number)
        try:
            with self._said():
                self._start(wanted)
        except MortarError:
            self.close()
            raise

    def take(self, deadline_ms: float) -> Taken:
        left_s = (deadline_ms - now_ms()) / 1e3
        try:
            with self._said():
                # flush: a picture whose exposure begins from now on.
                request = self._camera.capture_request(wait=max(left_s, 0.001), flush=True)
        except TimeoutError:
            self._camera.cancel_all_and_flush()
            raise no_frame(self._name) from None
        with self._said():
            t_ms = request.get_metadata()["SensorTimestamp"] / 1e6
            return Taken(t_ms, self._gate(request), partial(self._picture, request), request.release)

    def close(self) -> None:
        with suppress(RuntimeError):  # gone already
            self._camera.close()

    def _start(self, wanted: Size) -> None:
        width_px, height_px = wanted
        small = (GATE_PX, max(2, round(GATE_PX * height_px / width_px)))
        configuration = self._camera.create_preview_configuration(
            # libcamera's BGR888 lies in memory as red, green, blue.
            main={"format": "BGR888", "size": (width_px, height_px)},
            lores={"format": "YUV420", "size": (min(small[0], width_px), min(small[1], height_px))},
            buffer_count=BUFFERS,
        )
        self._camera.configure(configuration)
        # As libcamera corrected it.
        self._small = Size(*self._camera.camera_configuration()["lores"]["size"])
        self._camera.start()

    def _gate(self, request: Request) -> Luma:
        with self._library.mapped(request, "lores") as mapped:
            # Luma on top, padded on the right, the colours below.
            return mapped.array[: self._small.height_px, : self._small.width_px].copy()

    def _picture(self, request: Request) -> Image.Image:
        with self._said(), self._library.mapped(request, "main") as mapped:
            return Image.fromarray(mapped.array)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """picamera2's errors, which are RuntimeErrors of all kinds, in one line."""
        try:
            yield
        except (RuntimeError, IndexError) as error:
            raise MortarError(
                "camera-failed",
                f"the camera {self._name}: {error.__cause__ or error}",
                "end other programs that use it, and see whether `rpicam-hello` works",
            ) from None


def _is_webcam(camera: dict[str, Any]) -> bool:
    """libcamera lists USB cameras too, without an image processor that would make RGB: those are V4L2's."""
    return "/usb" in str(camera.get("Id", ""))


def _chosen(listed: list[dict[str, Any]], device: str) -> tuple[str, int]:
    """Name and number of the camera that is meant, the first one for "auto"."""
    for number, camera in enumerate(listed):
        name = str(camera.get("Model", ""))
        if _is_webcam(camera):
            continue
        if device == "auto" or device in f"{name} {camera.get('Id', '')}":
            return name, number
    which = "no camera" if device == "auto" else f"no camera {device}"
    raise MortarError(
        "camera-missing",
        f"libcamera knows {which}",
        "switch the board off, press both ends of its cable in, and run: rpicam-hello --list-cameras",
    )
