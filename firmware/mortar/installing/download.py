"""One file of a model: through cuts and stalls, a bounded number of times, to its whole length.

What has come lies in FILE.part, and beside it the ETag under which it came: a later try goes on from there.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mortar.catalogue import Published
from mortar.errors import MortarError
from mortar.installing.disk import check_room, disk_full, unwritable
from mortar.installing.hub import Body, Hub, Statement
from mortar.installing.network import Passing, persistently

TRIES = 6
"""Of one file: the first, and five that go on."""

CHUNK_bytes = 1 << 18

LEAST_bytes = 4_096
"""In the hub's patience: less is a stall that pretends."""

Tell = Callable[[int, int], None]
"""Gets the bytes that are here, and the bytes of the whole."""


class Download:
    """Of one file from a hub to `path`."""

    def __init__(self, hub: Hub, part: Published, stated: Statement, path: Path, tell: Tell) -> None:
        self._hub, self._part, self._stated, self._tell = hub, part, stated, tell
        self._path = path
        self._kept = path.with_name(path.name + ".part")
        self._etag = path.with_name(path.name + ".etag")

    def run(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Leaves the whole file at `path`, on the disk, of the length that the hub stated.

        Raises MortarError. What has come by then stays for the next time, but for a full disk's sake.
        """
        persistently(self._go_on, TRIES, pause)
        self._kept.rename(self._path)
        self._etag.unlink(missing_ok=True)

    def forget(self) -> None:
        for path in (self._path, self._kept, self._etag):
            path.unlink(missing_ok=True)

    def _go_on(self) -> None:
        """From what is here to the end. Raises Passing where the connection gives up before."""
        here = self._kept.stat().st_size if self._kept.exists() else 0
        if here and here == self._stated.size_bytes:
            return
        try:
            self._fetch(here)
        except Passing as trouble:
            if trouble.code == "hub-range":
                self.forget()
            raise

    def _fetch(self, here: int) -> None:
        etag = self._etag.read_text() if self._etag.exists() else None
        revision = self._stated.commit or self._part.revision
        with self._hub.body(self._part, revision, here, etag) as body:
            self._check(body, here)
            with self._written_from(body.first) as file:
                self._etag.write_text(body.etag or "")
                there = body.first
                for chunk in _chunks(body, self._hub.patience_s):
                    file.write(chunk)
                    file.flush()  # what is here stays, whatever ends the program
                    there += len(chunk)
                    self._tell(there, body.size_bytes)
        if there != body.size_bytes:
            told = f"{self._part.file} broke off after {there} of {body.size_bytes} bytes"
            raise Passing("hub-cut", told, "try again: it goes on from there")

    def _check(self, body: Body, here: int) -> None:
        """Before a byte is written."""
        if body.first not in (0, here):
            raise MortarError(
                "hub-answer",
                f"the hub sends {self._part.file} from byte {body.first} on, and was asked for {here}",
                "try again later, or another hub: models.hub in the settings",
            )
        stated = self._stated.size_bytes
        if stated is not None and body.size_bytes != stated:
            raise MortarError(
                "hub-length",
                f"{self._part.file} has {body.size_bytes} bytes, and the hub states {stated}",
                "try again later, or another hub: models.hub in the settings",
            )
        check_room(self._path.parent, body.size_bytes - body.first)

    @contextmanager
    def _written_from(self, first: int) -> Iterator[BinaryIO]:
        """What had come before `first` stays, and nothing else."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(self._kept, flags, 0o644), "r+b") as file:
                file.truncate(first)
                file.seek(first)
                yield file
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                self.forget()
                raise disk_full(self._path, "the disk is full") from None
            raise unwritable(self._kept, error) from None


def _chunks(body: Body, patience_s: float) -> Iterator[bytes]:
    """Never more than the file has left. Raises Passing where next to nothing comes."""
    left, since, began_s = body.size_bytes - body.first, 0, time.monotonic()
    while left and (chunk := body.read(min(CHUNK_bytes, left))):
        left, since = left - len(chunk), since + len(chunk)
        yield chunk
        if time.monotonic() - began_s > patience_s:
            if since < LEAST_bytes:
                raise Passing("hub-stalls", "the hub sends next to nothing", "try again: what came stays")
            since, began_s = 0, time.monotonic()
