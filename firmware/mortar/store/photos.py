"""Photos in the store: when each was taken, its file, and what was said of it."""

from __future__ import annotations

from collections.abc import Iterable

from mortar.clock import Moment
from mortar.photos import Photo
from mortar.store.database import Database


def load(database: Database) -> tuple[Photo, ...]:
    """All there are, in the order in which they were kept. Raises MortarError."""
    with database.transaction() as rows:
        return tuple(
            Photo(file, Moment(wall_s, up_s, boot), description)
            for file, wall_s, up_s, boot, description in rows.execute(
                "SELECT file, taken_wall_s, taken_up_s, boot, description FROM photos ORDER BY number"
            )
        )


def add(database: Database, photos: Iterable[Photo]) -> None:
    """All or none. One of the same file takes the place of the row there was. Raises MortarError."""
    with database.transaction() as rows:
        rows.executemany(
            "INSERT OR REPLACE INTO photos (file, taken_wall_s, taken_up_s, boot, description) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                (held.file, held.taken.wall_s, held.taken.up_s, held.taken.boot, held.description)
                for held in photos
            ],
        )


def describe(database: Database, file: str, description: str) -> None:
    """Raises MortarError. Where it is gone meanwhile, nothing is done."""
    with database.transaction() as rows:
        rows.execute("UPDATE photos SET description = ? WHERE file = ?", (description, file))


def forget(database: Database, files: Iterable[str]) -> None:
    """All or none; they may be gone already. Raises MortarError."""
    with database.transaction() as rows:
        rows.executemany("DELETE FROM photos WHERE file = ?", [(file,) for file in files])
