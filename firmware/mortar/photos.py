"""Photos: what is known of each, and their files. The eye writes these, the assistant removes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.whole_files import UNFINISHED, sync_folder, written_whole

FOLDER = "photos"
"""In the data folder."""

_NAME = re.compile(r"\d{8}-\d{6}(-\d+)?\.jpg")


@dataclass(frozen=True)
class Photo:
    file: str
    """Its name in the folder."""
    taken: Moment
    description: str = ""
    """What the language model said of it; empty where it has not."""


def ago_s(photo: Photo, now: Moment) -> float | None:
    """How long ago it was taken; None where the clocks cannot tell."""
    if photo.taken.boot == now.boot:
        return now.up_s - photo.taken.up_s
    passed_s = now.wall_s - photo.taken.wall_s
    return passed_s if passed_s >= 0 else None


class PhotoFolder:
    """Its owner's alone. Every file with a photo's name is a whole JPEG."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, jpeg: bytes, taken: datetime) -> str:
        """The name that it has now, on the disk. Raises MortarError; nothing is left of it then."""
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.chmod(0o700)
            name = self._free_name(taken)
            with written_whole(self._path / name, self._path / UNFINISHED) as file:
                file.write(jpeg)
            sync_folder(self._path)
        except OSError as error:
            raise MortarError(
                "photo-unwritable",
                f"{self._path}: the photo cannot be kept ({error.strerror})",
                "make room on the disk, and check the folder's permissions",
            ) from None
        return name

    def remove(self, names: Iterable[str]) -> None:
        """For good when this returns, with what was never finished. Raises MortarError.

        They may be gone already.
        """
        if not self._path.exists():
            return
        try:
            for name in (*names, UNFINISHED):
                (self._path / name).unlink(missing_ok=True)
            sync_folder(self._path)
        except OSError as error:
            raise MortarError(
                "photo-undeletable",
                f"{self._path}: a photo cannot be deleted ({error.strerror})",
                "check the disk and the folder's permissions",
            ) from None

    def taken_at(self) -> dict[str, float]:
        """File name → Unix time at which it was written, oldest first. Raises MortarError."""
        if not self._path.exists():
            return {}
        try:
            found = [
                (path.stat().st_mtime, path.name)
                for path in self._path.iterdir()
                if _NAME.fullmatch(path.name)
            ]
        except OSError as error:
            raise MortarError(
                "photos-unreadable",
                f"{self._path} cannot be read ({error.strerror})",
                "check the disk and the folder's permissions",
            ) from None
        return {name: written_s for written_s, name in sorted(found)}

    def _free_name(self, taken: datetime) -> str:
        """By the wall clock, which may show the same second twice."""
        base = f"{taken:%Y%m%d-%H%M%S}"
        names = (f"{base}{f'-{n}' if n > 1 else ''}.jpg" for n in count(1))
        return next(name for name in names if not (self._path / name).exists())
