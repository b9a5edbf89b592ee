"""Notes in the store: their rows. What was recorded lies beside it, see `note_files`."""

from __future__ import annotations

from collections.abc import Iterable

from mortar.notes import Note
from mortar.store.database import Database


def load(database: Database) -> list[Note]:
    """All there are, oldest first. Raises MortarError."""
    with database.transaction() as rows:
        found = rows.execute("SELECT kept_s, text, file, number FROM notes ORDER BY number").fetchall()
    return [Note(kept_s, text or "", file or "", number) for kept_s, text, file, number in found]


def add(database: Database, notes: Iterable[Note]) -> list[Note]:
    """All of them or none, each with its number where it has one; gives all there are then. Raises
    MortarError."""
    with database.transaction() as rows:
        rows.executemany(
            "INSERT INTO notes (number, kept_s, text, file) VALUES (?, ?, ?, ?)",
            [(note.number or None, note.kept_s, note.text or None, note.file or None) for note in notes],
        )
    return load(database)


def remove(database: Database, notes: Iterable[Note]) -> list[Note]:
    """All of them or none; gives all there are then. Raises MortarError. They may be gone already."""
    with database.transaction() as rows:
        rows.executemany("DELETE FROM notes WHERE number = ?", [(note.number,) for note in notes])
    return load(database)
