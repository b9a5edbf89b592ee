"""`mortar data`: what is kept is shown, exported, and wiped; the last never beside a running Mortar."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from mortar import resources
from mortar.commands import main
from mortar.store.database import FILE, Database
from mortar.store.kept import TABLES
from mortar.supervisor.status import alone
from mortar.traces.folder import Beside, TraceFolder, read
from photos.albums import PICTURE, TWO_CUPS, files, take
from reminders.boards import Board

TRACE = Path(__file__).parents[1] / "traces" / "runs" / "time-by-voice.json"


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """Where this program keeps its things: two photos, a timer, a run with its sound and picture, and a model
    that was installed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("MORTAR_RUNTIME_DIR", str(tmp_path / "runtime"))
    folder = resources.data_folder()
    board = Board(folder / FILE, datetime(2026, 11, 21, 9, 0))
    take(board)
    take(board)
    board.ask("set a pasta timer for ten minutes")
    runs = TraceFolder()
    number = runs.keep(read(TRACE), most=50)
    runs.attach(number, Beside.SOUND, b"a question")
    runs.attach(number, Beside.PICTURE, PICTURE)
    (folder / "models").mkdir()
    (folder / "models" / "large.gguf").write_bytes(b"weights")
    return board


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    assert main(["data", "show", "--json"]) == 0
    return {one["name"]: one["n"] for one in json.loads(capsys.readouterr().out)["kept"]}


ROWS = {"reminders": 1, "photos": 2, "notes": 0}
RUNS = {"traces/": 1, "traces/sound": 1, "traces/pictures": 1}
FULL = {**ROWS, "photos/": 2, "notes/": 0, **RUNS, FILE: 1, "damaged": 0}


def test_it_is_shown(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show"]) == 0
    shown = capsys.readouterr().out
    assert "timers and alarms" in shown and "kB" in shown and str(resources.data_folder()) in shown
    assert main(["data", "show", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = [(one["title"], one["n"], one["size_B"]) for one in json.loads(line)["kept"]]
    assert ("files of photos", 2, 2 * len(PICTURE)) in told and ("timers and alarms", 1, None) in told
    assert ("their pictures", 1, len(PICTURE)) in told


def test_nothing_is_kept_before_the_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And looking makes nothing."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert set(counted(capsys).values()) == {0}
    assert main(["data", "export", str(tmp_path / "all.zip")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["all.zip"]


def test_every_table_of_the_store_has_its_row(tmp_path: Path) -> None:
    """Whoever adds a table adds it to what is shown and exported."""
    Database(tmp_path / FILE).close()
    there = sqlite3.connect(tmp_path / FILE).execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert {name for (name,) in there if not name.startswith("sqlite_")} == {table.name for table in TABLES}


def test_all_of_it_is_exported(board: Board, tmp_path: Path) -> None:
    """In a file that nobody else can read, with the photos as they are; what was there before is replaced."""
    out = tmp_path / "all.zip"
    out.write_text("an older one, for all to read")
    os.utime(board.path.with_name("photos") / files(board)[0], (0, 0))  # a board without a clock
    assert main(["data", "export", str(out)]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with ZipFile(out) as archive:
        assert archive.testzip() is None
        told = json.loads(archive.read("kept.json"))
        photos = [name for name in archive.namelist() if name.startswith("photos/")]
        assert [archive.read(name) for name in photos] == [PICTURE, PICTURE]
        assert json.loads(archive.read("traces/000001.json"))["heard"] == "what time is it"
        assert archive.read("traces/000001.flac") == b"a question"
    (timer,) = told["tables"]["reminders"]
    assert (timer["kind"], timer["name"]) == ("timer", "pasta")
    assert {photo["description"] for photo in told["tables"]["photos"]} == {TWO_CUPS}
    assert all(f"photos/{photo['file']}" in photos for photo in told["tables"]["photos"])


def test_an_export_that_cannot_be_written_is_one_line(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in (tmp_path, tmp_path / "nowhere" / "all.zip"):
        assert main(["data", "export", str(out)]) == 1
        assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.glob("*.part")) == []


def test_a_damaged_store_is_told_and_left_alone(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the assistant sets it aside."""
    board.path.write_bytes(b"no store" * 1_000)
    assert main(["data", "show"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert board.path.read_bytes().startswith(b"no store")


def test_a_wipe_leaves_settings_and_models(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else: no unfinished file, no store that was set aside, no journal."""
    folder = resources.data_folder()
    for name in ("photos/unfinished.tmp", "store.db-journal", "store.db.damaged-20261121-090000"):
        (folder / name).write_bytes(b"what somebody said")
    assert main(["data", "wipe", "--yes"]) == 0
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == {"models/large.gguf"}
    assert main(["data", "wipe", "--yes"]) == 0, "nothing is left to wipe, and that is well"
    again = Board(board.path, datetime(2026, 11, 21, 9, 0))
    assert (again.stored, again.talk._album.photos) == ([], ())


def test_a_running_mortar_has_to_be_stopped_first(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    """It has in mind what it would write again."""
    with alone(resources.runtime_folder()):
        assert main(["data", "wipe", "--yes"]) == 1
    assert "stop it first" in capsys.readouterr().err
    assert counted(capsys)["photos"] == 2


def wipe_on_a_terminal(typed: str) -> tuple[int, str]:
    """Exit status, and what was shown."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "mortar", "data", "wipe"], stdin=theirs, stdout=subprocess.PIPE, text=True
    ) as command:
        os.write(ours, typed.encode())
        assert command.stdout is not None
        shown = command.stdout.read()
    os.close(ours)
    os.close(theirs)
    return command.returncode, shown


@pytest.mark.parametrize(
    ("typed", "is_wiped"), [("yes\n", True), ("y\n", False), ("\n", False), ("\x04", False)]
)
def test_on_a_terminal_it_asks(
    board: Board, capsys: pytest.CaptureFixture[str], typed: str, is_wiped: bool
) -> None:
    """And shows what it is about to delete; only the whole word counts."""
    status, shown = wipe_on_a_terminal(typed)
    assert "timers and alarms" in shown and "yes" in shown
    assert status == (0 if is_wiped else 1)
    assert (counted(capsys)["photos"] == 0) is is_wiped


def test_where_nobody_can_be_asked_nothing_is_wiped(
    board: Board, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(os.devnull) as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        assert main(["data", "wipe"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert counted(capsys) == FULL
