"""Timers and alarms in the store."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from mortar.clock import Moment
from mortar.reminders import AtClock, Change, Countdown, Kind, Reminder
from mortar.store.database import Database

COLUMNS = "kind, name, length_s, ends_wall_s, ends_up_s, boot, local, fold"


def load(database: Database) -> list[Reminder]:
    """All there are, in the order in which they were set. Raises MortarError."""
    with database.transaction() as rows:
        return [
            _reminder(*row)
            for row in rows.execute(f"SELECT number, {COLUMNS} FROM reminders ORDER BY number")
        ]


def apply(database: Database, change: Change) -> list[Reminder]:
    """Make it, all or nothing, and give all there are then. Raises MortarError.

    What is to be removed may be gone already.
    """
    with database.transaction() as rows:
        rows.executemany("DELETE FROM reminders WHERE number = ?", [(held.number,) for held in change.remove])
        for held in change.add:
            _insert(rows, held)
    return load(database)


def _insert(rows: sqlite3.Connection, reminder: Reminder) -> None:
    when: tuple[float | str | None, ...]
    match reminder.when:
        case Countdown(length_s, ends):
            when = (length_s, ends.wall_s, ends.up_s, ends.boot, None, None)
        case AtClock(local):
            when = (None, None, None, None, local.replace(fold=0).isoformat(), local.fold)
    rows.execute(
        f"INSERT INTO reminders ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (reminder.kind, reminder.name, *when),
    )


def _reminder(
    number: int,
    kind: str,
    name: str,
    length_s: float | None,
    wall_s: Any,
    up_s: Any,
    boot: Any,
    local: Any,
    fold: Any,
) -> Reminder:
    when: Countdown | AtClock
    if length_s is None:
        when = AtClock(datetime.fromisoformat(local).replace(fold=fold))
    else:
        when = Countdown(length_s, Moment(wall_s, up_s, boot))
    return Reminder(Kind(kind), name, when, number)
