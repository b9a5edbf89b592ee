"""Cameras of the Linux kernel (V4L2): USB webcams, and CSI cameras whose driver gives whole pictures.

Written to the kernel's interface (linux/videodev2.h, 64-bit) with nothing but ioctl and mmap. Only
the structures' sizes, the request numbers and the conversions are tested: no camera was at hand.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import io
import mmap
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from mortar.drivers.frames import PlayedStream, Stream
from mortar.errors import MortarError

VIDEO_CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
MEMORY_MMAP = 1
CAPABILITY_CAPTURE = 0x0000_0001
CAPABILITY_STREAMING = 0x0400_0000
CAPABILITY_IS_DEVICE = 0x8000_0000  # device_caps is filled in
MJPEG = int.from_bytes(b"MJPG", "little")
YUYV = int.from_bytes(b"YUYV", "little")

WIDTH_PX, HEIGHT_PX = 640, 480
"""Asked for; every camera has it. The driver answers with what it really gives."""

SETTLING_FRAMES = 8
"""Pictures thrown away after the stream starts: automatic exposure needs about a quarter second."""

PATIENCE_S = 3.0
"""Longest wait for one picture."""


class Capability(ctypes.Structure):
    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", ctypes.c_uint32),
        ("capabilities", ctypes.c_uint32),
        ("device_caps", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 3),
    )


class PixFormat(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("pixelformat", ctypes.c_uint32),
        ("field", ctypes.c_uint32),
        ("bytesperline", ctypes.c_uint32),
        ("sizeimage", ctypes.c_uint32),
        ("rest", ctypes.c_uint32 * 6),
    )


class _FormatUnion(ctypes.Union):
    # The kernel's union holds pointers, which is what aligns it to 8.
    _fields_ = (("pix", PixFormat), ("raw", ctypes.c_uint8 * 200), ("align", ctypes.c_void_p))


class Format(ctypes.Structure):
    _fields_ = (("type", ctypes.c_uint32), ("fmt", _FormatUnion))


class RequestBuffers(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("memory", ctypes.c_uint32),
        ("capabilities", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
    )


class Buffer(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("bytesused", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("field", ctypes.c_uint32),
        ("timestamp", ctypes.c_int64 * 2),
        ("timecode", ctypes.c_uint32 * 4),
        ("sequence", ctypes.c_uint32),
        ("memory", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),  # a union with pointers
        ("length", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 2),
    )


def _request(direction: int, number: int, argument: type[ctypes.Structure] | type[ctypes.c_int]) -> int:
    """The kernel's _IOC('V', ...): 1 writes, 2 reads, 3 both."""
    return direction << 30 | ctypes.sizeof(argument) << 16 | ord("V") << 8 | number


QUERYCAP = _request(2, 0, Capability)
S_FMT = _request(3, 5, Format)
REQBUFS = _request(3, 8, RequestBuffers)
QUERYBUF = _request(3, 9, Buffer)
QBUF = _request(3, 15, Buffer)
DQBUF = _request(3, 17, Buffer)
STREAMON = _request(1, 18, ctypes.c_int)
STREAMOFF = _request(1, 19, ctypes.c_int)


class V4l2Camera:
    """Opened only while a picture is taken: a resting camera draws no power, and may be unplugged."""

    def __init__(self, path: Path | None) -> None:
        """`path` None stands for the first camera there is."""
        self._path = path

    def capture(self) -> Image.Image:
        path = self._path or first_camera()
        if path is None:
            raise MortarError(
                "camera-missing",
                "no camera is connected",
                "connect one, or play one with --camera PICTURE",
            )
        try:
            fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return _capture(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise _failed(path, error) from None

    @contextmanager
    def watch(self) -> Iterator[Stream]:
        yield PlayedStream(self.capture)


def _capture(fd: int) -> Image.Image:
    pix = _set_format(fd)
    with _stream(fd) as buffers:
        for _ in range(SETTLING_FRAMES):
            _frame(fd, buffers)
        data = _frame(fd, buffers)
    return decode(data, pix.pixelformat, pix.width, pix.height, pix.bytesperline)


def _set_format(fd: int) -> PixFormat:
    """MJPEG where the camera has it (YUYV fills USB 2), else YUYV."""
    for wanted in (MJPEG, YUYV):
        form = Format(type=VIDEO_CAPTURE)
        form.fmt.pix = PixFormat(width=WIDTH_PX, height=HEIGHT_PX, pixelformat=wanted)
        fcntl.ioctl(fd, S_FMT, form)
        pix: PixFormat = form.fmt.pix
        if pix.pixelformat == wanted:
            return pix
    raise OSError(errno.EINVAL, "it gives neither MJPEG nor YUYV pictures")


@contextmanager
def _stream(fd: int) -> Iterator[list[mmap.mmap]]:
    """Buffers of the driver, mapped and filling; given back on the way out."""
    wanted = RequestBuffers(count=2, type=VIDEO_CAPTURE, memory=MEMORY_MMAP)
    fcntl.ioctl(fd, REQBUFS, wanted)
    buffers: list[mmap.mmap] = []
    try:
        for index in range(wanted.count):
            buffer = Buffer(index=index, type=VIDEO_CAPTURE, memory=MEMORY_MMAP)
            fcntl.ioctl(fd, QUERYBUF, buffer)
            buffers.append(mmap.mmap(fd, buffer.length, offset=buffer.offset & 0xFFFF_FFFF))
            fcntl.ioctl(fd, QBUF, buffer)
        fcntl.ioctl(fd, STREAMON, ctypes.c_int(VIDEO_CAPTURE))
        yield buffers
        fcntl.ioctl(fd, STREAMOFF, ctypes.c_int(VIDEO_CAPTURE))
    finally:
        # Closing the device, which comes next, also ends a stream that an error left running.
        for mapped in buffers:
            mapped.close()


def _frame(fd: int, buffers: list[mmap.mmap]) -> bytes:
    if not select.select([fd], [], [], PATIENCE_S)[0]:
        raise OSError(errno.ETIMEDOUT, f"no picture within {PATIENCE_S:.0f} s")
    buffer = Buffer(type=VIDEO_CAPTURE, memory=MEMORY_MMAP)
    fcntl.ioctl(fd, DQBUF, buffer)
    data: bytes = buffers[buffer.index][: buffer.bytesused]
    fcntl.ioctl(fd, QBUF, buffer)
    return data


def first_camera(devices: Path = Path("/dev")) -> Path | None:
    """The first video device that takes pictures (cameras also show devices for metadata)."""
    for path in sorted(devices.glob("video*"), key=lambda path: (len(path.name), path.name)):
        try:
            fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            capability = Capability()
            fcntl.ioctl(fd, QUERYCAP, capability)
        except OSError:
            continue
        finally:
            os.close(fd)
        has = capability.capabilities
        if has & CAPABILITY_IS_DEVICE:
            has = capability.device_caps
        if has & CAPABILITY_CAPTURE and has & CAPABILITY_STREAMING:
            return path
    return None


def decode(data: bytes, pixelformat: int, width: int, height: int, stride: int) -> Image.Image:
    """A camera's picture as RGB; `stride` is the bytes of one YUYV line. Raises OSError if cut short."""
    if pixelformat == MJPEG:
        return Image.open(io.BytesIO(data), formats=("JPEG",)).convert("RGB")
    if len(data) < stride * height:
        raise OSError(errno.EIO, "a picture came in incomplete")
    lines = np.frombuffer(data, np.uint8, stride * height).reshape(height, stride)
    return Image.fromarray(_yuyv_to_ycbcr(lines[:, : width * 2]), "YCbCr").convert("RGB")


def _yuyv_to_ycbcr(lines: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """YUYV [height, width * 2] to YCbCr [height, width, 3]: two pixels share their colour."""
    luma, colour = lines[:, 0::2], lines[:, 1::2]
    blue, red = colour[:, 0::2].repeat(2, axis=1), colour[:, 1::2].repeat(2, axis=1)
    return np.stack([luma, blue, red], axis=-1)


def _failed(path: Path, error: OSError) -> MortarError:
    missing = error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO)
    what = error.strerror or str(error)
    return MortarError(
        "camera-missing" if missing else "camera-failed",
        f"{path}: {what}",
        "connect the camera" if missing else "see that no other program uses it, then unplug and replug it",
    )
