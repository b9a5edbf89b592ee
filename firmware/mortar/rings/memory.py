"""Shared memory that one process writes and every other process can only read.

A memfd has no name in any file system: it goes away with the last process that holds it, however
that process ends. The seals make the kernel itself hold the rule that a ring has one writer.
"""

from __future__ import annotations

import fcntl
import mmap
import os

from mortar.errors import MortarError
from mortar.rings import dma

# fcntl.F_SEAL_FUTURE_WRITE (Linux 5.1) has no name in Python 3.11. It spares the mapping that is
# there already, and refuses write(2) and every further writable mapping, even through /proc.
_F_SEAL_FUTURE_WRITE = 0x10

# Shrinking would kill a reader with SIGBUS; F_SEAL_SEAL keeps the set of seals as it is.
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | _F_SEAL_FUTURE_WRITE | fcntl.F_SEAL_SEAL


def create(
    name: str, size: int, *, is_for_devices: bool = False, is_sealed: bool = True
) -> tuple[int, mmap.mmap]:
    """`size` bytes of shared memory: a descriptor to pass on, and the only writable mapping.

    The caller owns both. `name` shows up in /proc/PID/maps. Pages take memory once written to.
    `is_for_devices`: a DMA-BUF where the board has a heap, else a memfd all the same. Without `is_sealed`
    others may map it for writing. Raises MortarError where the kernel has too little memory or no such seal.
    """
    if size < 1:
        raise ValueError(f"{name}: a ring of {size} bytes")
    if is_for_devices and (descriptor := dma.allocate(size)) is not None:
        mapping = mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        dma.remember(descriptor, mapping)
        return descriptor, mapping
    return _memfd(name, size, _SEALS if is_sealed else 0)


def _memfd(name: str, size: int, seals: int) -> tuple[int, mmap.mmap]:
    descriptor = -1
    try:
        descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(descriptor, size)
        mapping = mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except OSError as error:
        if descriptor >= 0:
            os.close(descriptor)
        raise MortarError(
            "shared-memory-failed",
            f"cannot make {size} bytes of shared memory for {name}: {error.strerror}",
            "free some memory, and run on Linux 5.1 or later",
        ) from None
    return descriptor, mapping


def attach(descriptor: int, size: int) -> mmap.mmap:
    """Map what `create` made in another process, read-only; `descriptor` stays the caller's.

    The mapping lasts as long as anything refers to it, numpy views included.
    Raises MortarError where the memory is of another size, or could still shrink or be resized.
    """
    is_dma = dma.is_dma(descriptor)
    held = os.fstat(descriptor).st_size
    if held != (dma.whole_pages(size) if is_dma else size):
        raise MortarError(
            "ring-size-wrong",
            f"a ring offers {held} bytes of shared memory where {size} belong to its shape",
            "restart Mortar: its processes are of different versions",
        )
    if not is_dma and not _is_sealed(descriptor):
        raise MortarError(
            "ring-not-sealed",
            "a ring offers memory that its writer could take away or others could write",
            "restart Mortar: its processes are of different versions",
        )
    return mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ)


def _is_sealed(descriptor: int) -> bool:
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _SEALS == _SEALS
    except OSError:  # not a memfd at all
        return False
