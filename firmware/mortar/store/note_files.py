"""Recordings of notes, a FLAC file each, in a folder that is open to its user alone.

A file gets its name once all of it is on the disk, and the name is the time at which it was made. So the file
is the note: after a power cut a row without its file is one that was being forgotten, and a file without a
row one that was just made.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mortar import resources
from mortar.errors import MortarError
from mortar.notes import Note
from mortar.whole_files import UNFINISHED, sync_folder, written_whole

FOLDER = "notes"

NAME = re.compile(r"(\d{8}T\d{6})Z-[0-9a-f]{8}\.flac")
TIME = "%Y%m%dT%H%M%S"


def notes_folder() -> Path:
    return resources.data_folder() / FOLDER


def write(folder: Path, content: bytes, wall_s: float) -> str:
    """Keep a FLAC file that was made at Unix time `wall_s`; gives its name.

    It is whole and on the disk when this returns. Raises MortarError: then there is nothing of it.
    """
    name = f"{datetime.fromtimestamp(wall_s, UTC):{TIME}}Z-{secrets.token_hex(4)}.flac"
    with _told(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        with written_whole(folder / name, folder / UNFINISHED) as file:
            file.write(content)
        sync_folder(folder)
    return name


def remove(folder: Path, names: list[str]) -> None:
    """For good when this returns; what is gone already is no error. Raises MortarError."""
    with _told(folder):
        for name in names:
            (folder / name).unlink(missing_ok=True)
        if names and folder.exists():
            sync_folder(folder)


def found(folder: Path) -> list[Note]:
    """A note for every recording there is, oldest first. What is no recording is left alone."""
    with _told(folder):
        names = sorted(os.listdir(folder)) if folder.exists() else []
    return [Note(_made_s(match[1]), file=name) for name in names if (match := NAME.fullmatch(name))]


def remove_unfinished(folder: Path) -> None:
    """What a power cut left of a file that was being written. Raises MortarError."""
    remove(folder, [UNFINISHED])


def _made_s(stamp: str) -> float:
    return datetime.strptime(stamp, TIME).replace(tzinfo=UTC).timestamp()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MortarError(
            "note-unwritable",
            f"{folder} cannot be used: {error.strerror or error}",
            "make room on the disk, and check the permissions of that folder",
        ) from None
