"""Shared memory that devices write to as well: DMA-BUFs of the kernel's heaps (/dev/dma_heap).

librknnrt binds its tensors to nothing else. Unlike a memfd, a DMA-BUF has no seals: that its readers map it
read-only is their own discipline.
"""

from __future__ import annotations

import ctypes
import fcntl
import itertools
import mmap
import os
import struct
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HEAPS = ("system-dma32", "system")
"""The best first: the NPU of RK3566 and RK3568 reaches 4 GB alone. Both are cached."""

FOLDER = Path("/dev/dma_heap")

_ALLOCATION = struct.Struct("=QIIQ")
"""struct dma_heap_allocation_data: length, descriptor (out), flags of the descriptor, flags of the heap."""

ALLOC = 0xC0184800
"""DMA_HEAP_IOCTL_ALLOC: _IOWR('H', 0, struct dma_heap_allocation_data)."""

SYNC = 0x40086200
"""DMA_BUF_IOCTL_SYNC: _IOW('b', 0, struct dma_buf_sync), which is one u64 of the flags below."""

SYNC_READ, SYNC_WRITE, SYNC_END = 1, 2, 4


@dataclass(frozen=True)
class Buffer:
    """A DMA-BUF that this process has mapped for writing."""

    number: int
    """No other one has it, as long as the process lives."""
    descriptor: int
    address: int
    size: int


_buffers: dict[int, Buffer] = {}
_numbers = itertools.count(1)


def heap() -> Path | None:
    """The heap that memory is taken from; None where there is none, or this user may not use it."""
    found = (FOLDER / name for name in HEAPS)
    return next((path for path in found if os.access(path, os.R_OK)), None)


def allocate(size: int) -> int | None:
    """A descriptor of at least `size` bytes of zeros; None where no heap gives them."""
    path = heap()
    if path is None:
        return None
    wanted = _ALLOCATION.pack(size, 0, os.O_RDWR | os.O_CLOEXEC, 0)
    try:
        with path.open("rb", buffering=0) as device:
            got = fcntl.ioctl(device, ALLOC, wanted)
    except OSError:  # out of memory, or a driver that does not allocate
        return None
    descriptor: int = _ALLOCATION.unpack(got)[1]
    return descriptor


def is_dma(descriptor: int) -> bool:
    return os.readlink(f"/proc/self/fd/{descriptor}").startswith("/dmabuf:")


def whole_pages(size: int) -> int:
    """What a heap gives where `size` bytes are asked for."""
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE


def remember(descriptor: int, mapping: mmap.mmap) -> None:
    """From here on `located` knows what lies in `mapping`, for as long as it is there."""
    address = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
    buffer = Buffer(next(_numbers), os.dup(descriptor), address, len(mapping))
    _buffers[buffer.number] = buffer
    weakref.finalize(mapping, _forget, buffer.number)


def located(address: int, size: int) -> tuple[Buffer, int] | None:
    """The DMA-BUF that `size` bytes at `address` lie in, and their offset; None where they lie in none."""
    for buffer in _buffers.values():
        offset = address - buffer.address
        if 0 <= offset <= buffer.size - size:
            return buffer, offset
    return None


@contextmanager
def cpu_access(descriptor: int, flags: int) -> Iterator[None]:
    """Between the kernel's marks for access by the processor (SYNC_READ, SYNC_WRITE), which keep its caches
    and a device's in step."""
    _mark(descriptor, flags)
    try:
        yield
    finally:
        _mark(descriptor, flags | SYNC_END)


def _mark(descriptor: int, flags: int) -> None:
    fcntl.ioctl(descriptor, SYNC, struct.pack("=Q", flags))


def _forget(number: int) -> None:
    os.close(_buffers.pop(number).descriptor)
