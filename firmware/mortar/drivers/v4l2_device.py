"""One open V4L2 device, streaming: its format set, its buffers mapped and filling."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import select
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from mortar.clock import now_ms
from mortar.drivers import v4l2_kernel as kernel
from mortar.drivers.frames import Size
from mortar.drivers.pixels import FORMS, Bytes, Layout
from mortar.drivers.v4l2_modes import Mode, modes, ranked

BUFFERS = 4
"""Two that may be held by whoever looks, one that is being filled, one that waits."""

NEXT_MODE = (errno.ENOSPC, errno.EIO, errno.EINVAL)
"""What a driver says to a mode that it lists and cannot stream: the USB bus has no room left for it."""


@dataclass(frozen=True)
class Filled:
    """A buffer that the driver gave; it belongs to whoever has this until it is given back."""

    index: int
    used: tuple[slice, ...]
    """Where in each piece of its memory the picture lies."""
    t_ms: float
    is_damaged: bool


def capability(fd: int) -> kernel.Capability:
    has = kernel.Capability()
    fcntl.ioctl(fd, kernel.QUERYCAP, has)
    return has


def buffer_type(capability: kernel.Capability) -> int | None:
    """Which type of buffers a device captures into; None if it captures no pictures, or streams none."""
    has = capability.capabilities
    if has & kernel.HAS_DEVICE_CAPS:
        has = capability.device_caps
    if not has & kernel.HAS_STREAMING:
        return None
    if has & kernel.HAS_CAPTURE_MPLANE:
        return kernel.CAPTURE_MPLANE
    return kernel.CAPTURE if has & kernel.HAS_CAPTURE else None


class Device:
    """Every method raises OSError; the descriptor is its own, and closed by `close`."""

    def __init__(self, fd: int, wanted: Size) -> None:
        """Start streaming in the best mode that the device can. On an error `fd` stays the caller's."""
        self._fd = fd
        self._type = buffer_type(capability(fd)) or 0
        self._maps: list[list[mmap.mmap]] = []
        self._memory: list[list[Bytes]] = []
        self.layout = self._start_best(ranked(modes(fd, self._type, wanted), wanted))

    @property
    def is_open(self) -> bool:
        return self._fd >= 0

    def wait(self, timeout_ms: float) -> bool:
        """Until a buffer may be filled; False if none came in time. True for a device that went away:
        `next_filled` tells."""
        waiting = select.poll()
        waiting.register(self._fd, select.POLLIN)
        return bool(waiting.poll(timeout_ms))

    def next_filled(self) -> Filled | None:
        """The oldest buffer that is filled, if there is one."""
        buffer, planes = self._buffer()
        try:
            fcntl.ioctl(self._fd, kernel.DQBUF, buffer)
        except BlockingIOError:
            return None
        whole = range(len(self._memory[buffer.index]))
        if planes is None:
            used: tuple[slice, ...] = (slice(0, buffer.bytesused),)
        else:
            used = tuple(slice(planes[i].data_offset, planes[i].bytesused) for i in whole)
        is_monotonic = buffer.flags & kernel.TIMESTAMP_MASK == kernel.TIMESTAMP_MONOTONIC
        seconds, micros = buffer.timestamp
        t_ms = seconds * 1e3 + micros / 1e3 if is_monotonic else now_ms()
        return Filled(buffer.index, used, t_ms, bool(buffer.flags & kernel.BUFFER_DAMAGED))

    def planes(self, filled: Filled) -> list[Bytes]:
        """What came, in the driver's own memory: not to be kept past `give_back`, nor past `close`."""
        return [memory[used] for memory, used in zip(self._memory[filled.index], filled.used, strict=True)]

    def give_back(self, filled: Filled) -> None:
        buffer, _ = self._buffer(filled.index)
        fcntl.ioctl(self._fd, kernel.QBUF, buffer)

    def close(self) -> None:
        """Raises nothing: it may be gone."""
        self._stop()
        os.close(self._fd)
        self._fd = -1

    def _start_best(self, best: Sequence[Mode]) -> Layout:
        if not best:
            forms = ", ".join(dict.fromkeys(form.name for form in FORMS.values()))
            raise OSError(errno.EINVAL, f"it gives no {forms} pictures")
        for mode in best[:-1]:
            try:
                return self._start(mode)
            except OSError as error:
                if error.errno not in NEXT_MODE:
                    raise
        return self._start(best[-1])

    def _start(self, mode: Mode) -> Layout:
        try:
            layout = self._set_format(mode)
            wanted = kernel.RequestBuffers(count=BUFFERS, type=self._type, memory=kernel.MEMORY_MMAP)
            fcntl.ioctl(self._fd, kernel.REQBUFS, wanted)
            for index in range(wanted.count):
                self._map(index, len(layout.strides))
            fcntl.ioctl(self._fd, kernel.STREAMON, ctypes.c_int(self._type))
        except OSError:
            self._stop()
            raise
        return layout

    def _stop(self) -> None:
        """The driver lets go of the buffers only once none of them is mapped."""
        with suppress(OSError):
            fcntl.ioctl(self._fd, kernel.STREAMOFF, ctypes.c_int(self._type))
        self._memory.clear()
        for maps in self._maps:
            for mapped in maps:
                mapped.close()
        self._maps.clear()
        with suppress(OSError):
            none = kernel.RequestBuffers(count=0, type=self._type, memory=kernel.MEMORY_MMAP)
            fcntl.ioctl(self._fd, kernel.REQBUFS, none)

    def _set_format(self, mode: Mode) -> Layout:
        """As the driver corrected it. Raises OSError EINVAL where that is nothing that can be read."""
        form = kernel.Format(type=self._type)
        fields = {"width": mode.size.width_px, "height": mode.size.height_px, "pixelformat": mode.pixelformat}
        if self._type == kernel.CAPTURE_MPLANE:
            form.fmt.pix_mp = kernel.PixFormatMplane(**fields)
            fcntl.ioctl(self._fd, kernel.S_FMT, form)
            got = form.fmt.pix_mp
            strides = tuple(plane.bytesperline for plane in got.plane_fmt[: got.num_planes])
        else:
            form.fmt.pix = kernel.PixFormat(**fields)
            fcntl.ioctl(self._fd, kernel.S_FMT, form)
            got = form.fmt.pix
            strides = (got.bytesperline,)
        if got.pixelformat not in FORMS:
            raise OSError(errno.EINVAL, "it does not give the format that it lists")
        is_full = got.quantization == kernel.FULL_RANGE or (
            got.quantization == 0 and got.colorspace == kernel.COLORSPACE_JPEG
        )
        return Layout(got.pixelformat, Size(got.width, got.height), strides, is_full)

    def _map(self, index: int, count: int) -> None:
        """Map a buffer's `count` pieces of memory, read-only, and have it filled."""
        buffer, planes = self._buffer(index, count)
        fcntl.ioctl(self._fd, kernel.QUERYBUF, buffer)
        if planes is None:
            places = [(buffer.length, buffer.place)]
        else:
            places = [(plane.length, plane.mem_offset) for plane in planes[:count]]
        maps = [
            mmap.mmap(self._fd, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=place & 0xFFFF_FFFF)
            for length, place in places
        ]
        self._maps.append(maps)
        self._memory.append([np.frombuffer(mapped, np.uint8) for mapped in maps])
        fcntl.ioctl(self._fd, kernel.QBUF, buffer)

    def _buffer(
        self, index: int = 0, count: int = kernel.MOST_PLANES
    ) -> tuple[kernel.Buffer, ctypes.Array[kernel.Plane] | None]:
        """A buffer to ask the driver with, and the planes that it points to, to be kept as long as it."""
        buffer = kernel.Buffer(index=index, type=self._type, memory=kernel.MEMORY_MMAP)
        if self._type != kernel.CAPTURE_MPLANE:
            return buffer, None
        planes = (kernel.Plane * kernel.MOST_PLANES)()
        buffer.place, buffer.length = ctypes.addressof(planes), count
        return buffer, planes
