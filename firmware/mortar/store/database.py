"""Opens the store: made where there is none, brought up where it is old, set aside where it is damaged.

A transaction that has returned survives SIGKILL and a power cut; one that has not leaves nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from mortar.errors import MortarError
from mortar.store.schema import MIGRATIONS

FILE = "store.db"

IN_MEMORY = Path(":memory:")
"""What SQLite calls a database that has no file."""

BUSY_S = 1.0
"""Another program that reads the file (a backup) is waited for so long."""

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

WHAT_TO_DO = {
    sqlite3.SQLITE_FULL: "make room on the disk",
    sqlite3.SQLITE_BUSY: "close the program that holds it",
}


class Database:
    """One open file; `path` None keeps all in memory. Raises MortarError where the file cannot do it."""

    def __init__(self, path: Path | None, migrations: Sequence[str] = MIGRATIONS) -> None:
        self._path = path or IN_MEMORY
        self.set_aside: MortarError | None = None
        """Says what became of a file that was damaged, where one was."""
        try:
            self._connection = _opened(self._path, migrations)
        except _Damaged:
            self.set_aside = _set_aside(self._path)
            self._connection = _opened(self._path, migrations)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written in it, or nothing; it is on the disk when this returns."""
        with _told(self._path), _all_or_nothing(self._connection):
            yield self._connection

    def close(self) -> None:
        self._connection.close()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A file that there is, as it is at one moment: it is not made, brought up or set aside.

    Raises MortarError.
    """
    with _told(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None
        )
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()


class _Damaged(Exception):
    """The file is no store, or no longer a whole one."""


def _opened(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    with _told(path):
        if path != IN_MEMORY:
            _make_private(path)
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        with _told(path):
            _begin(connection, path, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    try:
        _check(connection)
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            raise MortarError(
                "store-newer",
                f"{path} was written by a newer Mortar (its version is {version}, "
                f"known is {len(migrations)})",
                "install that Mortar again, or move the file away",
            )
        # A rollback journal, so that at rest there is one file. EXTRA: with FULL the journal's removal
        # may come undone in a power cut, and with it what was confirmed.
        connection.execute("PRAGMA synchronous = EXTRA")
        with _all_or_nothing(connection):
            for step in migrations[version:]:
                connection.execute(step)
            connection.execute(f"PRAGMA user_version = {len(migrations)}")
    except sqlite3.DatabaseError as error:
        if _code(error) in DAMAGED:
            raise _Damaged from error
        raise


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _Damaged(found)


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has rolled it back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _make_private(path: Path) -> None:
    """The folder and the file, for nobody else: SQLite gives its journal the file's own permissions."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def _set_aside(path: Path) -> MortarError:
    """The journal goes with it: to whoever mends the file, it is half of it."""
    base = path.with_name(f"{path.name}.damaged-{datetime.now():%Y%m%d-%H%M%S}")
    kept, n = base, 1
    while kept.exists():
        n += 1
        kept = base.with_name(f"{base.name}-{n}")
    with _told(path):
        path.rename(kept)
        with suppress(FileNotFoundError):
            Path(f"{path}-journal").rename(f"{kept}-journal")
    return MortarError(
        "store-damaged",
        f"{path} was damaged, and what it held is not known any more",
        f"it is kept as {kept.name}; set your timers and alarms again",
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the file or its folder cannot do, in one line."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        do = WHAT_TO_DO.get(_code(error), "check the disk and the permissions of the file and its folder")
        raise MortarError("store-failed", f"{path} cannot be used: {why}", do) from error


def _code(error: BaseException) -> int:
    """SQLite's primary result code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
