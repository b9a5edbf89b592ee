"""`mortar status --run` and `mortar replay`, on traces of real runs, with no assistant running."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from mortar.commands import main
from mortar.commands.past_runs import LISTED, summaries
from mortar.traces.folder import TraceFolder, read

RUNS = sorted((Path(__file__).parent / "runs").glob("*.json"))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The traces of tests/traces/runs, as the last runs of this computer."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = TraceFolder()
    numbers = [folder.keep(read(file), most=50) for file in RUNS]
    return [folder.find(str(number)) for number in numbers]


def test_a_run_is_shown_as_a_timeline(kept: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """With every stage that it had."""
    assert main(["status", "--run", "1"]) == 0
    shown = capsys.readouterr().out
    assert str(read(kept[0]).answer) in shown
    assert {"listen", "understand", "answer", "speak"} <= set(re.findall(r"^\w+", shown, re.MULTILINE))


def test_what_went_wrong_is_shown_with_it(kept: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    number = next(n for n, file in enumerate(kept, 1) if read(file).trouble == "language-died")
    assert main(["status", "--run", str(number)]) == 0
    assert "language-died: language ended in the middle of a turn" in capsys.readouterr().out


def test_all_of_it_as_json(kept: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--run", "last", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    held = json.loads(kept[-1].read_text())
    assert (told["heard"], told["answer"]) == (held["heard"], held["answer"])
    assert len(told["cues"]) == len(held["cues"])


def test_a_picture_of_it(kept: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the style of the one in the docs: drawn by the same code, and asks no server for a font."""
    assert main(["status", "--run", "1", "--out", str(tmp_path / "run.svg")]) == 0
    assert capsys.readouterr().out == ""
    picture = (tmp_path / "run.svg").read_text()
    assert picture.startswith("<svg") and "understand" in picture and "@font-face" not in picture
    assert main(["status", "--run", "1", "--out", str(tmp_path)]) == 1
    assert "not an ordinary file" in capsys.readouterr().err


def test_a_replay_says_that_nothing_differs(kept: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "last"]) == 0
    assert capsys.readouterr().out.startswith("All ")
    assert main(["replay", str(kept[0]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


def test_a_replay_shows_what_differs(kept: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """As if an earlier version had greeted people with another earcon."""
    file = kept[0]
    file.write_text(file.read_text().replace('"name": "wake"', '"name": "fanfare"'))
    assert main(["replay", "1"]) == 1
    shown = capsys.readouterr().out
    assert "- Chime to voice name='fanfare'" in shown
    assert "+ Chime to voice name='wake'" in shown


def test_wrong_use_is_one_line(kept: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """No such run; a picture of none."""
    for command in (["status", "--run", "99"], ["replay", "99"], ["status", "--out", "x.svg"]):
        assert main(command) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_list_has_a_line_for_a_file_that_cannot_be_read(kept: list[Path]) -> None:
    """And all about the others."""
    shutil.copyfile("/dev/null", kept[-1])
    runs = summaries()
    assert len(runs) == min(len(kept), LISTED)
    assert "is damaged" in runs[-1]["damage"]
    assert all(run["answer"] for run in runs[:-1])
