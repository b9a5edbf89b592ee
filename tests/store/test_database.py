"""The store's file: made, brought up, refused, set aside; and what it does when the disk is full."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.reminders import AtClock, Change, Countdown, Kind, Reminder
from mortar.store import reminders
from mortar.store.database import FILE, Database
from mortar.store.schema import MIGRATIONS

PASTA = Reminder(Kind.TIMER, "pasta", Countdown(600.0, Moment(1_790_000_600.5, 720.25, "boot")))
EARLY = Reminder(Kind.ALARM, "", AtClock(datetime(2026, 10, 25, 2, 30, fold=1)))


def without_numbers(held: Sequence[Reminder]) -> list[Reminder]:
    return [Reminder(one.kind, one.name, one.when) for one in held]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mortar" / FILE


def kept(path: Path, *held: Reminder) -> None:
    database = Database(path)
    reminders.apply(database, Change(add=held))
    database.close()


def test_what_was_kept_is_there_again(path: Path) -> None:
    """To the last digit, with the fold of an hour that comes twice."""
    kept(path, PASTA, EARLY)
    held = reminders.load(Database(path))
    assert without_numbers(held) == [PASTA, EARLY]
    assert held[1].when.local.fold == 1  # datetime's equality does not look at it


def test_nobody_else_can_read_it(path: Path) -> None:
    """Whatever the file's permissions were before."""
    kept(path, PASTA)
    path.chmod(0o644)
    Database(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [FILE], "one file, at rest"


def test_a_change_is_made_whole_or_not_at_all(path: Path) -> None:
    """What is to be removed stays where what is to be added cannot be."""
    database = Database(path)
    held = reminders.apply(database, Change(add=[PASTA]))
    nonsense = Reminder(Kind.TIMER, None, PASTA.when)  # type: ignore[arg-type]
    with pytest.raises(MortarError):
        reminders.apply(database, Change(remove=held, add=[nonsense]))
    assert reminders.load(database) == held


# --- versions ---

OLDER = ("CREATE TABLE notes (text TEXT)",)
NEWER = (*OLDER, "ALTER TABLE notes ADD COLUMN said_s REAL", "CREATE TABLE photos (name TEXT)")


def test_an_old_file_is_brought_up_and_keeps_what_it_has(path: Path) -> None:
    with Database(path, OLDER).transaction() as rows:
        rows.execute("INSERT INTO notes VALUES ('milk')")
    with Database(path, NEWER).transaction() as rows:
        assert rows.execute("SELECT text, said_s FROM notes").fetchall() == [("milk", None)]
        assert rows.execute("PRAGMA user_version").fetchone() == (3,)


def test_bringing_up_that_fails_leaves_the_old_file(path: Path) -> None:
    """Its first step has gone well by then."""
    with Database(path, OLDER).transaction() as rows:
        rows.execute("INSERT INTO notes VALUES ('milk')")
    before = path.read_bytes()
    with pytest.raises(MortarError) as raised:
        Database(path, (*NEWER[:2], "CREATE TABLE notes (text TEXT)"))
    assert raised.value.code == "store-failed"
    assert path.read_bytes() == before


def test_a_file_of_a_newer_mortar_is_refused_and_left_as_it_is(path: Path) -> None:
    Database(path, NEWER).close()
    before = path.read_bytes()
    with pytest.raises(MortarError, match="newer Mortar") as raised:
        Database(path, OLDER)
    assert raised.value.code == "store-newer"
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [FILE]


def test_every_step_of_the_real_schema_can_be_taken_alone(path: Path) -> None:
    """From every version that was ever released to the newest."""
    newest = shape(path)
    assert newest[0] == len(MIGRATIONS)
    for n in range(len(MIGRATIONS)):
        older = path.with_name(f"{n}.db")
        assert shape(older, MIGRATIONS[:n])[0] == n
        assert shape(older) == newest


def shape(path: Path, migrations: Sequence[str] = MIGRATIONS) -> tuple[int, dict[str, str]]:
    """A file's version, and how each of its tables is made, once it has been opened."""
    database = Database(path, migrations)
    with database.transaction() as rows:
        (version,) = rows.execute("PRAGMA user_version").fetchone()
        tables = dict(rows.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    database.close()
    return version, tables


# --- damage ---


@pytest.mark.parametrize("damage", ["no database at all", "page", "half"])
def test_a_damaged_file_is_set_aside_and_said_so(path: Path, damage: str) -> None:
    """Byte for byte, under another name; a new one is begun. Twice in a second, too."""
    seen = []
    for _ in range(2):
        kept(path, *[PASTA] * 200)
        whole = path.read_bytes()
        broken = {
            "no database at all": b"once upon a time" * 500,
            "page": whole[:4_096] + b"\xff" * 4_096 + whole[8_192:],
            "half": whole[: len(whole) // 2],
        }[damage]
        path.write_bytes(broken)
        database = Database(path)
        assert database.set_aside is not None and database.set_aside.code == "store-damaged"
        assert reminders.load(database) == []
        aside = list(path.parent.glob(f"{FILE}.damaged-*"))
        seen.append(broken)
        assert sorted(file.read_bytes() for file in aside) == sorted(seen)
        assert any(file.name in str(database.set_aside) for file in aside)
        database.close()


def test_an_empty_file_is_a_new_one(path: Path) -> None:
    """The power was cut as it was made."""
    path.parent.mkdir()
    path.touch()
    database = Database(path)
    assert database.set_aside is None and reminders.load(database) == []


# --- the disk ---


def test_a_full_disk_is_one_line_and_loses_nothing(path: Path) -> None:
    """Neither what was there before, nor the file's use once there is room again."""
    database = Database(path)
    held = reminders.apply(database, Change(add=[PASTA, EARLY]))
    limit(database, path.stat().st_size // 4_096)
    with pytest.raises(MortarError, match="full") as raised:
        reminders.apply(database, Change(remove=held, add=[PASTA] * 1_000))
    assert raised.value.do == "make room on the disk"
    assert "\n" not in str(raised.value)
    assert reminders.load(database) == held
    limit(database, 10_000)
    assert len(reminders.apply(database, Change(add=[PASTA] * 1_000))) == 1_002


def limit(database: Database, pages: int) -> None:
    """The file may have so many: SQLite fails beyond them as it does where the disk is full."""
    with database.transaction() as rows:
        rows.execute(f"PRAGMA max_page_count = {pages}")


def test_a_file_that_somebody_holds_is_waited_for_and_then_said(path: Path) -> None:
    kept(path, PASTA)
    database = Database(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(MortarError, match="locked") as raised:
        reminders.load(database)
    assert raised.value.do == "close the program that holds it"
    holder.execute("ROLLBACK")
    assert without_numbers(reminders.load(database)) == [PASTA]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MortarError) as raised:
        Database(tmp_path / "file" / FILE)
    assert raised.value.code == "store-failed" and "\n" not in str(raised.value)
