"""Everything that is kept of what people said and showed: counted, exported, wiped.

All of it lies in the data folder, beside models that people installed. A new table of the store joins by its
row in TABLES, a new folder by its name in FOLDERS and its row in FILES.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from mortar import __version__, photos
from mortar.errors import MortarError
from mortar.store import note_files
from mortar.store.database import FILE, reading
from mortar.traces import folder as traces
from mortar.whole_files import sync_folder

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    name: str
    """In the store, and in the export."""
    title: str
    select: str
    """What is exported, its columns named for people."""


@dataclass(frozen=True)
class Files:
    name: str
    pattern: str
    """Which they are, in the data folder."""
    title: str


@dataclass(frozen=True)
class Kept:
    """One kind of thing that there is."""

    name: str
    title: str
    n: int
    size_B: int | None
    """None for what lies in the store, whose size is of all together."""


UTC = "strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')"

TABLES: tuple[Table, ...] = (
    Table(
        "reminders",
        "timers and alarms",
        f"SELECT kind, name, length_s, {UTC.format('ends_wall_s')} AS ends, local AS at FROM reminders "
        "ORDER BY number",
    ),
    Table(
        "photos",
        "photos",
        f"SELECT file, {UTC.format('taken_wall_s')} AS taken, description FROM photos ORDER BY number",
    ),
    Table("notes", "notes", f"SELECT {UTC.format('kept_s')} AS kept, text, file FROM notes ORDER BY number"),
)

FOLDERS = (photos.FOLDER, note_files.FOLDER, traces.FOLDER)

FILES: tuple[Files, ...] = (
    Files("photos/", f"{photos.FOLDER}/*", "files of photos"),
    Files("notes/", f"{note_files.FOLDER}/*", "recordings of notes"),
    Files("traces/", f"{traces.FOLDER}/*{traces.TRACE}", "last runs"),
    Files("traces/sound", f"{traces.FOLDER}/*{traces.Beside.SOUND}", "their questions, as sound"),
    Files("traces/pictures", f"{traces.FOLDER}/*{traces.Beside.PICTURE}", "their pictures"),
)

SET_ASIDE = f"{FILE}.damaged-*"


def kept(folder: Path) -> list[Kept]:
    """What there is in the data folder, also where that is nothing. Raises MortarError."""
    rows = tables(folder)
    found = [Kept(table.name, table.title, len(rows.get(table.name, ())), None) for table in TABLES]
    try:
        found += [_counted(one.name, one.title, _files(folder, one.pattern)) for one in FILES]
        found.append(_counted(FILE, "the store", [folder / FILE]))
        found.append(_counted("damaged", "stores that were damaged", folder.glob(SET_ASIDE)))
    except OSError as error:
        raise MortarError(
            "data-unreadable",
            f"{error.filename or folder} cannot be read ({error.strerror})",
            "check the disk and the permissions",
        ) from None
    return found


def tables(folder: Path) -> dict[str, list[Row]]:
    """The rows of every table that the store has. Raises MortarError."""
    store = folder / FILE
    if not store.exists():
        return {}
    with reading(store) as rows:
        there = {name for (name,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found: dict[str, list[Row]] = {}
        for table in TABLES:
            if table.name in there:
                selected = rows.execute(table.select)
                columns = [column for column, *_ in selected.description]
                found[table.name] = [dict(zip(columns, row, strict=True)) for row in selected]
        return found


def export(folder: Path, out: BinaryIO) -> None:
    """Writes a ZIP file: kept.json with the tables, and the folders' files. Raises MortarError, OSError."""
    told = {"version": __version__, "tables": tables(folder)}
    # Not strict: a board without a clock writes files of 1970, which ZIP cannot say.
    with ZipFile(out, "w", ZIP_DEFLATED, strict_timestamps=False) as archive:
        archive.writestr("kept.json", json.dumps(told, ensure_ascii=False, indent=1))
        for name in FOLDERS:
            for path in _files(folder, f"{name}/*"):
                with suppress(FileNotFoundError):  # it was deleted meanwhile
                    archive.write(path, f"{name}/{path.name}")


def wipe(folder: Path) -> None:
    """It is gone when this returns; Mortar must not run. Raises MortarError: then the rest is there still.

    The store's journal goes first: SQLite would make of it what the store was.
    """
    store = folder / FILE
    everything = [
        store.with_name(f"{FILE}-journal"),
        store,
        *folder.glob(SET_ASIDE),
        *(path for name in FOLDERS for path in _files(folder, f"{name}/*", unfinished=True)),
    ]
    try:
        for path in everything:
            path.unlink(missing_ok=True)
        for path in (folder, *(folder / name for name in FOLDERS)):
            if path.exists():
                sync_folder(path)
    except OSError as error:
        raise MortarError(
            "wipe-failed",
            f"{error.filename or folder} cannot be deleted ({error.strerror})",
            "check the disk and the permissions, and wipe again: the rest may still be there",
        ) from None


def _counted(name: str, title: str, files: Iterable[Path]) -> Kept:
    """A running Mortar may delete them meanwhile."""
    sizes_B = []
    for path in files:
        with suppress(FileNotFoundError):
            sizes_B.append(path.stat().st_size)
    return Kept(name, title, len(sizes_B), sum(sizes_B))


def _files(folder: Path, pattern: str, unfinished: bool = False) -> Iterator[Path]:
    for path in sorted(folder.glob(pattern)):
        if path.is_file() and (unfinished or path.suffix != ".tmp"):
            yield path
