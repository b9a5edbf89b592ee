"""Timers in the real process tree, most of it broken. tests/scenarios kills it between set and ring."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from mortar import clock
from mortar.reminders import Change, Kind, Reminder, countdown
from mortar.store import reminders
from mortar.store.database import FILE, Database
from mortar_tools.program import Running, environment, mortar
from scenes import table
from voices import RATE_Hz, in_room, pause


def store(tmp_path: Path) -> Database:
    """That of the runs below `tmp_path`."""
    return Database(Path(environment(tmp_path / "run")["XDG_DATA_HOME"]) / "mortar" / FILE)


def pasta(tmp_path: Path, seconds: float) -> None:
    timer = Reminder(Kind.TIMER, "pasta", countdown(seconds, clock.moment()))
    reminders.apply(store(tmp_path), Change(add=[timer]))


def run_in_quiet(tmp_path: Path) -> Sequence[str | Path]:
    """For longer than the test takes."""
    soundfile.write(tmp_path / "room.wav", in_room(pause(60_000)), RATE_Hz, subtype="PCM_16")
    return [
        *("run", "--json", "--mic", tmp_path / "room.wav"),
        *("--camera", table(["cat"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"),
    ]


def press(tmp_path: Path) -> None:
    assert mortar(tmp_path / "run", "press").status == 0


def test_it_rings_while_listen_eye_and_language_are_down(tmp_path: Path) -> None:
    """Their models are missing; and when the voice dies in the middle, its next life rings on."""
    pasta(tmp_path, 0.0)
    (tmp_path / "mortar.toml").write_text('[listen]\nengine = "sherpa"\nmodel = "/nowhere/at-all"\n')
    broken = ["--config", tmp_path / "mortar.toml", "--model", tmp_path / "no-model"]
    with Running(tmp_path / "run", [*run_in_quiet(tmp_path), *broken]) as run:
        run.until("ring_start")
        run.until("first_sound")
        os.kill(run.pid("voice"), signal.SIGKILL)
        assert run.until("back")["process"] == "voice"
        run.until("first_sound")
        press(tmp_path)
        run.until("ring_end")
        processes = run.status()["processes"]
        states = {name: held["state"] for name, held in processes.items() if "state" in held}
    assert {name for name, state in states.items() if state == "given up"} == {"listen", "eye", "language"}
    sound, _ = soundfile.read(tmp_path / "a.wav")
    assert np.abs(sound).max() > 0.3, "it can be heard"


def test_what_a_typed_question_is_asked_beside_rings_once(tmp_path: Path) -> None:
    """`mortar describe` runs an assistant too: it leaves the timers to the one that keeps them."""
    pasta(tmp_path, 0.0)
    ran = mortar(tmp_path / "run", "describe", table(["key"], tmp_path / "p.png"), "--json")
    assert ran.status == 0 and "ring_start" not in ran.events()
    assert len(reminders.load(store(tmp_path))) == 1
