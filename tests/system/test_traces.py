"""The last turns are kept by the real program, and a disk that refuses costs the conversation nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

from mortar_tools.program import Running, mortar
from scenes import table
from system.recordings import ask

SILENCE_S = 60


def silence(path: Path) -> Path:
    path.write_bytes(bytes(2) * 16_000 * SILENCE_S)
    return path


def arguments(tmp_path: Path, *more: str | Path) -> list[str | Path]:
    """Nobody speaks: questions come by the button."""
    return [
        *("run", "--json", "--mic", silence(tmp_path / "silence.raw"), *more),
        *("--camera", table(["car"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"),
    ]


def press(run: Running) -> None:
    """And hear the answer out."""
    assert mortar(run.runtime, "press").status == 0
    assert run.until("exchange")["trouble"] is None


def test_the_last_turns_are_kept_over_a_restart(tmp_path: Path) -> None:
    """Two runs of Mortar, numbered on; `mortar status` lists them, and each replays as it was."""
    runtime = tmp_path / "run"
    for first in (1, 2):
        with Running(runtime, arguments(tmp_path)) as run:
            run.until("ready")
            press(run)
            run.until("follow_up_start")
            listed = run.status()["runs"]
        assert [held["run"] for held in listed] in (list(range(1, first)), list(range(1, first + 1)))
    ran = mortar(runtime, "status", "--run", "2", "--json")
    assert ran.status == 0, ran.errors
    assert "car" in ran.result["answer"]
    assert ran.result["placement"]["vision"] == "tflite/cpu"
    assert ran.result["wait_ms"] > 0
    assert mortar(runtime, "replay", "1").status == 0
    assert mortar(runtime, "replay", "2").status == 0
    files = list((runtime / "data" / "mortar" / "traces").iterdir())
    assert sorted(file.name for file in files) == ["000001.json", "000002.json"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_without_text_and_without_a_place_to_write(tmp_path: Path) -> None:
    """A folder that is a file: it is said once, and both questions are answered. Then, with a folder and
    text = false, nothing that was said is on the disk."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    folder = runtime / "data" / "mortar" / "traces"
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    config = tmp_path / "mortar.toml"
    config.write_text("[trace]\ntext = false\n")
    with Running(runtime, arguments(tmp_path, "--config", config)) as run:
        run.until("ready")
        press(run)
        press(run)
        (failure,) = run.status()["failures"]
        assert (failure["code"], failure["times"]) == ("trace-unwritable", 1)
        assert failure["meanwhile"].startswith("The conversation goes on")
        os.unlink(folder)
        press(run)
    (file,) = folder.iterdir()
    held = json.loads(file.read_text())
    assert held["ends_ms"] > 0 and "car" not in file.read_text()
    ran = mortar(runtime, "replay", "last")
    assert ran.status == 1
    assert ran.errors.count("\n") == 1 and "text = true" in ran.errors


def test_a_question_that_was_kept_can_be_heard_again(tmp_path: Path) -> None:
    """Where sound is kept: the same words come of it, the run replays as any other, and wiping wipes it."""
    runtime, config = tmp_path / "run", tmp_path / "mortar.toml"
    config.write_text("[trace]\nsound = true\n")
    room = tmp_path / "room"
    room.mkdir()
    ask(room / "1.wav", "what time is it")
    silence(room / "2.raw")
    played = ["--mic", room, "--camera", table(["car"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"]
    with Running(runtime, ["run", "--json", "--config", config, *played]) as run:
        heard = run.until("exchange")["heard"]
        assert run.until("kept")["what"] == "sound"
    ran = mortar(runtime, "status", "--run", "last", "--json")
    (kept,) = ran.result["files"]
    again = mortar(runtime, "hear", kept, "--json")
    assert (again.result["text"], again.result["intent"]) == (heard, "Time")
    assert mortar(runtime, "replay", "last").status == 0
    assert mortar(runtime, "data", "wipe", "--yes").status == 0
    assert not Path(kept).exists()
