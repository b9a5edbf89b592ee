"""The store's tables, as the steps that made them: the file's user_version counts those it has seen.

A step that was released is never changed; what is to be different is a step at the end.
"""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    # 1: timers and alarms. A countdown has length_s to boot, what goes by the clock has local and fold.
    """
    CREATE TABLE reminders (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        length_s REAL,
        ends_wall_s REAL,
        ends_up_s REAL,
        boot TEXT,
        local TEXT,
        fold INTEGER,
        CHECK ((length_s IS NULL) = (local IS NOT NULL))
    ) STRICT
    """,
    # 2: photos. Their files are in the folder beside the store; a photo that has no description yet has "".
    """
    CREATE TABLE photos (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        file TEXT NOT NULL UNIQUE,
        taken_wall_s REAL NOT NULL,
        taken_up_s REAL NOT NULL,
        boot TEXT NOT NULL,
        description TEXT NOT NULL
    ) STRICT
    """,
    # 3: notes. The words that were dictated, or the name of a recording in the notes' folder.
    """
    CREATE TABLE notes (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kept_s REAL NOT NULL,
        text TEXT,
        file TEXT UNIQUE,
        CHECK ((text IS NULL) = (file IS NOT NULL))
    ) STRICT
    """,
)
