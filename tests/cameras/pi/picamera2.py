"""A stand-in for picamera2: the surface that the driver uses, as the source of 0.3.38 reads. No Pi is near.

What it is strict about is what the package is strict about: order, streams that are configured, one owner,
pictures that are given back. A test steers it through `PI`.
"""

from __future__ import annotations

from concurrent.futures import TimeoutError as Late
from typing import Any

import numpy as np
import numpy.typing as npt


class Pi:
    """The board: its cameras, and what is wrong with them."""

    def __init__(self) -> None:
        self.cameras = [{"Model": "imx708", "Id": "/base/axi/pcie/i2c/imx708@1a", "Num": 0}]
        self.is_busy = False
        self.gives_nothing = False
        self.breaks = ""
        self.held = 0
        self.opened: list[Picamera2] = []
        self.pictures = 0

    @property
    def open(self) -> int:
        return sum(camera.is_open for camera in self.opened)


PI = Pi()


class Request:
    def __init__(self, camera: Picamera2, number: int) -> None:
        self.camera = camera
        self.number = number
        self.ref_count = 1
        PI.held += 1

    def get_metadata(self) -> dict[str, Any]:
        return {"SensorTimestamp": self.number * 33_000_000, "ExposureTime": 10_000}

    def release(self) -> None:
        self.ref_count -= 1
        if self.ref_count < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        PI.held -= 1


class MappedArray:
    """Main is 10, 20, 30 in red, green, blue; the luma of lores is the picture's number; padding is 255."""

    def __init__(self, request: Request, stream: str, reshape: bool = True, write: bool = True) -> None:
        if request.ref_count < 1:
            raise RuntimeError("the request was given back")
        self.request, self.stream = request, stream
        self.array: npt.NDArray[np.uint8] | None = None

    def __enter__(self) -> MappedArray:
        configuration = self.request.camera.configuration[self.stream]
        width, height = configuration["size"]
        if self.stream == "main":
            padded = np.full((height, width + 8, 3), 255, np.uint8)
            padded[:, :width] = (10, 20, 30)
            self.array = padded[:, :width]
        else:
            self.array = np.full((height * 3 // 2, width + 32), 255, np.uint8)
            self.array[:height, :width] = self.request.number
            self.array[height:] = 128
        return self

    def __exit__(self, exc_type: object, exc_value: object, exc_traceback: object) -> None:
        self.array = None


class Picamera2:
    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return PI.cameras

    def __init__(self, camera_num: int = 0) -> None:
        self.is_open = False
        self.number = camera_num
        PI.opened.append(self)
        if camera_num >= len(PI.cameras):
            raise RuntimeError(f"No camera number {camera_num} found")
        if PI.is_busy:
            busy = RuntimeError("Failed to acquire camera: Device or resource busy")
            raise RuntimeError("Camera __init__ sequence did not complete.") from busy
        self.is_open, self.is_started = True, False
        self.configuration: dict[str, Any] = {}

    def create_preview_configuration(
        self, main: dict[str, Any], lores: dict[str, Any] | None = None, buffer_count: int = 4
    ) -> dict[str, Any]:
        for stream in (main, lores or {}):
            if bad := stream.keys() - {"format", "size", "stride", "preserve_ar"}:
                raise ValueError(f"Bad key {bad}")
        even = [
            {**stream, "size": tuple(px - px % 2 for px in stream["size"])} for stream in (main, lores or {})
        ]
        return {"main": even[0], "lores": even[1], "buffer_count": buffer_count}

    def configure(self, camera_config: dict[str, Any]) -> None:
        if camera_config["main"]["format"] != "BGR888" or camera_config["lores"]["format"] != "YUV420":
            raise RuntimeError("Invalid camera configuration")
        self.configuration = camera_config

    def camera_configuration(self) -> dict[str, Any]:
        return self.configuration

    def start(self) -> None:
        if not self.configuration:
            raise RuntimeError("Camera has not been configured")
        if PI.breaks:
            raise RuntimeError(PI.breaks)
        self.is_started = True

    def capture_request(self, wait: float | bool | None = None, flush: bool | None = None) -> Request:
        if not self.is_started or PI.held >= self.configuration["buffer_count"]:
            raise RuntimeError("no request will ever complete")
        if PI.breaks:
            raise RuntimeError(PI.breaks)
        if PI.gives_nothing:
            raise Late
        PI.pictures += 1
        return Request(self, PI.pictures)

    def cancel_all_and_flush(self) -> None:
        pass

    def close(self) -> None:
        self.is_open = self.is_started = False
