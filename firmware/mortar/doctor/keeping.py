"""What Mortar keeps, and the clock that timers and alarms go by."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from mortar import privacy, resources
from mortar.doctor.finding import Examined, Finding, Verdict, failed
from mortar.errors import MortarError
from mortar.store.database import FILE
from mortar.store.schema import MIGRATIONS

WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows less was not set since the board was switched on: this program is younger."""

LOOK_S = 1.0


def store(examined: Examined) -> Iterator[Finding]:
    path = resources.data_folder() / FILE
    if not path.exists():
        yield Finding("store", Verdict.OK, "nothing is kept yet")
        return
    try:
        version = store_version(path)
    except sqlite3.Error as error:
        do = "check the disk and the permissions; a damaged file is set aside when Mortar starts"
        yield Finding("store", Verdict.BAD, f"{path} cannot be read ({error})", do, is_personal=True)
        return
    if version > len(MIGRATIONS):
        told = f"of a newer Mortar (version {version}, this one knows {len(MIGRATIONS)})"
        yield Finding("store", Verdict.BAD, told, "install that Mortar again")
    else:
        yield Finding("store", Verdict.OK, f"readable, version {version} of {len(MIGRATIONS)}")


def store_version(path: Path) -> int:
    """Of a file that is whole; it is looked at, and not touched. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=LOOK_S)) as connection:
        checked = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if checked != "ok":
            raise sqlite3.DatabaseError(checked)
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return version


def switched_off(examined: Examined) -> Iterator[Finding]:
    """Somebody who is not heard may have muted it."""
    try:
        closed = privacy.load(resources.data_folder())
    except MortarError as error:
        yield failed("privacy", error)
        return
    if closed.microphone:
        yield Finding("privacy", Verdict.NOTE, "muted", "run `mortar mute off`, or hold the button")
    if closed.camera:
        yield Finding("privacy", Verdict.NOTE, "the camera is off", "run `mortar camera on`")
    if closed == privacy.NONE:
        yield Finding("privacy", Verdict.OK, "microphone and camera are on")


def clock(examined: Examined) -> Iterator[Finding]:
    yield judge_clock(time.time())


def judge_clock(wall_s: float) -> Finding:
    shown = datetime.fromtimestamp(wall_s).astimezone()
    if shown >= WRITTEN:
        return Finding("clock", Verdict.OK, f"{shown:%Y-%m-%d %H:%M %z}")
    told = f"it shows {shown:%Y-%m-%d}: it was never set, and alarms would ring at a wrong time"
    return Finding("clock", Verdict.NOTE, told, "run: sudo timedatectl set-time 'YYYY-MM-DD HH:MM:SS'")
