"""A model's file in this process's memory."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

MADV_DONTNEED = 4

_madvise = ctypes.CDLL(None).madvise
_madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

_LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ +(.*)")
"""Of /proc/PID/maps (proc_pid_maps(5)): begin, end, path."""


def let_go(path: Path) -> None:
    """Take the pages of a mapped file out of this process (madvise(2)). Nothing is lost: those that are read
    once more come back out of the page cache, or from the disk.

    llama.cpp maps a file and reads all of it; of weights that it then copies, to a GPU or into another order,
    the pages would stay.
    """
    real = str(path.resolve())
    for line in Path("/proc/self/maps").read_text().splitlines():
        if (found := _LINE.match(line)) and found[3] == real:
            begin, end = int(found[1], 16), int(found[2], 16)
            _madvise(begin, end - begin, MADV_DONTNEED)
