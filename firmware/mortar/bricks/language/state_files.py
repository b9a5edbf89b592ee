"""States of a language model's memory as files: whole, checked, and few.

A file is known by what it depends on (its key), and its digest is checked before an engine sees a byte of it:
llama.cpp checks shapes, not a damaged file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mortar.errors import MortarError
from mortar.whole_files import UNFINISHED, alone_in, sync_folder, written_whole

MOST_FILES = 8

MOST_BYTES = 256 << 20
"""Of all files. In the shape of Qwen2-0.5B (24 layers, 2 KV heads of 64, f16) 300 tokens take 3.5 MiB."""

_SUFFIX = ".state"
_DIGEST_BYTES = hashlib.sha256().digest_size


class StateFiles:
    """In one folder; the file that was not used for longest leaves first.

    Nothing here is needed: `complain` is told what goes wrong. Where the disk refuses, it is told once, and
    nothing is tried any more.
    """

    def __init__(self, folder: Path, complain: Callable[[MortarError], None]) -> None:
        self._folder = folder
        self._complain = complain
        self._is_refused = False

    def load(self, key: str) -> bytes | None:
        """The state as it was kept, or None. A damaged file is removed."""
        if self._is_refused:
            return None
        path = self._path(key)
        try:
            data = path.read_bytes()
            digest, state = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
            if digest == _digest(key, state):
                with suppress(OSError):  # of a file system that takes nothing, nothing leaves either
                    os.utime(path)
                return state
            path.unlink()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refused(path, error)
            return None
        self._complain(
            MortarError(
                "prefix-damaged",
                f"{path} was not what had been written, and was removed",
                "nothing: it is made again; if this comes back, check the disk",
            )
        )
        return None

    def keep(self, key: str, state: bytes) -> None:
        """Write it, unless it is larger than all files may be. Blocks until it is on the disk."""
        if self._is_refused or len(state) + _DIGEST_BYTES > MOST_BYTES:
            return
        path = self._path(key)
        try:
            with alone_in(self._folder):
                with written_whole(path, self._folder / UNFINISHED) as file:
                    file.write(_digest(key, state))
                    file.write(state)
                self._remove_oldest()
                sync_folder(self._folder)
        except OSError as error:
            self._refused(path, error)

    def _refused(self, path: Path, error: OSError) -> None:
        self._is_refused = True
        self._complain(
            MortarError(
                "prefix-unkept",
                f"{path}: {error.strerror or error}",
                "make room, or let Mortar write there; until then each start reads the prompt's begin anew",
            )
        )

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_SUFFIX}"

    def _remove_oldest(self) -> None:
        held = sorted(
            ((path.stat(), path) for path in self._folder.glob(f"*{_SUFFIX}")),
            key=lambda found: found[0].st_mtime_ns,
        )
        size_bytes = sum(stat.st_size for stat, _ in held)
        while len(held) > MOST_FILES or size_bytes > MOST_BYTES:
            stat, path = held.pop(0)
            size_bytes -= stat.st_size
            path.unlink()


def _digest(key: str, state: bytes) -> bytes:
    """Of both, so that a file under another's name is found out too."""
    digest = hashlib.sha256(key.encode())
    digest.update(state)
    return digest.digest()
