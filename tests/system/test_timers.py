"""Timers in the real process tree: whatever dies between set and ring, it rings, and it can be stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mortar import clock
from mortar.reminders import Change, Kind, Reminder, countdown
from mortar.store import reminders
from mortar.store.database import FILE, Database
from mortar_tools.program import Running, environment, mortar
from scenes import table
from voices import RATE_Hz, in_room, pause, speak


def store(tmp_path: Path) -> Database:
    """That of the runs below `tmp_path`."""
    return Database(Path(environment(tmp_path / "run")["XDG_DATA_HOME"]) / "mortar" / FILE)


def pasta(tmp_path: Path, seconds: float) -> None:
    timer = Reminder(Kind.TIMER, "pasta", countdown(seconds, clock.moment()))
    reminders.apply(store(tmp_path), Change(add=[timer]))


def run_in(tmp_path: Path, *sounds: np.ndarray) -> Sequence[str | Path]:
    """Somebody says `sounds`, and then it is quiet for longer than the test takes."""
    soundfile.write(tmp_path / "room.wav", in_room(*sounds, pause(60_000)), RATE_Hz, subtype="PCM_16")
    return [
        *("run", "--json", "--mic", tmp_path / "room.wav"),
        *("--camera", table(["cat"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"),
    ]


def press(tmp_path: Path) -> None:
    assert mortar(tmp_path / "run", "press").status == 0


def test_a_timer_that_was_asked_for_rings_though_the_assistant_was_killed(tmp_path: Path) -> None:
    """Asked aloud, confirmed aloud; SIGKILL, and the next life rings. The button stops it for good."""
    asked = (pause(700), speak("okay nabu"), pause(400), speak("set a timer for five seconds"))
    with Running(tmp_path / "run", run_in(tmp_path, *asked)) as run:
        answer = run.until("exchange")
        assert (answer["intent"], answer["answer"]) == ("TimerSet", "A timer is set for five seconds.")
        assert len(reminders.load(store(tmp_path))) == 1
        os.kill(run.pid("assistant"), signal.SIGKILL)
        assert run.until("ring_start", "ring_end")["event"] == "ring_start"
        run.until("earcon")
        press(tmp_path)
        assert run.until("ring_end")["why"] == "stopped"
    assert reminders.load(store(tmp_path)) == []


def test_it_rings_while_listen_eye_and_language_are_down(tmp_path: Path) -> None:
    """Their models are missing; and when the voice dies in the middle, its next life rings on."""
    pasta(tmp_path, 0.0)
    (tmp_path / "mortar.toml").write_text('[listen]\nengine = "sherpa"\nmodel = "/nowhere/at-all"\n')
    broken = ["--config", tmp_path / "mortar.toml", "--model", tmp_path / "no-model"]
    with Running(tmp_path / "run", [*run_in(tmp_path), *broken]) as run:
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


@pytest.mark.slow
def test_a_timer_survives_every_death_of_the_assistant(tmp_path: Path) -> None:
    """Killed while it rings, again and again: every life rings until somebody stops it."""
    pasta(tmp_path, 1.0)
    with Running(tmp_path / "run", run_in(tmp_path)) as run:
        for _ in range(4):
            run.until("ring_start")
            os.kill(run.pid("assistant"), signal.SIGKILL)
        run.until("ring_start")
        press(tmp_path)
        run.until("ring_end")
    assert reminders.load(store(tmp_path)) == []


def test_what_a_typed_question_is_asked_beside_rings_once(tmp_path: Path) -> None:
    """`mortar describe` runs an assistant too: it leaves the timers to the one that keeps them."""
    pasta(tmp_path, 0.0)
    ran = mortar(tmp_path / "run", "describe", table(["key"], tmp_path / "p.png"), "--json")
    assert ran.status == 0 and "ring_start" not in ran.events()
    assert len(reminders.load(store(tmp_path))) == 1
