"""Files that are there whole or not at all, whatever ends the program in the middle."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

UNFINISHED = "unfinished.tmp"
"""One name for all that is, in a folder with one writer: the next file writes over what a power cut left."""

PRIVATE = 0o600
"""For its owner alone."""


@contextmanager
def written_whole(path: Path, unfinished: Path, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """What is written to the file gets the name `path` once it is on the disk; before, it is `unfinished`,
    in the same folder. That the name is on the disk too is for the caller, `sync_folder`.

    Raises OSError; what had the name before is as it was then, and nothing unfinished is left.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(unfinished, flags, mode), "w+b") as file:
            if mode == PRIVATE:
                os.fchmod(file.fileno(), mode)  # what a power cut left may be open to others
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def sync_folder(path: Path) -> None:
    """Which names are in it is on the disk when this returns. Raises OSError."""
    with _opened(path) as folder:
        os.fsync(folder)


@contextmanager
def alone_in(path: Path) -> Iterator[None]:
    """Nobody else who asks for this is at work in the folder; where there is none, it is made, for its owner
    alone. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _opened(path) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield folder
    finally:
        os.close(folder)
