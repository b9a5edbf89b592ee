"""Muted and the camera off in the real process tree, and what the whole tree opens and leaves behind."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mortar import privacy
from mortar.privacy import BOTH, FILE, NONE
from mortar_tools.program import Line, Running, environment, mortar
from scenes import table
from system.recordings import ask
from virtual_sound import VirtualSound


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualSound]:
    with VirtualSound(tmp_path / "sound") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.plug_microphone()
        yield server


def data(tmp_path: Path) -> Path:
    return Path(environment(tmp_path / "run")["XDG_DATA_HOME"]) / "mortar"


def command(tmp_path: Path, *arguments: str) -> str:
    """What the command says; it must succeed."""
    ran = mortar(tmp_path / "run", *arguments)
    assert ran.status == 0, ran.errors
    return ran.errors


def camera(tmp_path: Path) -> list[str | Path]:
    return ["--camera", table(["cat"], tmp_path / "p.png")]


def states(run: Running) -> tuple[bool, bool]:
    shown: Line = run.status()
    return shown["muted"], shown["camera_off"]


def test_muted_is_closed_on_the_sound_card_and_stays_so_after_a_restart(
    sound: VirtualSound, tmp_path: Path
) -> None:
    """The sound server counts who records: one, none while muted, none after a restart, and one again when
    the button is held."""
    config = tmp_path / "mortar.toml"
    config.write_text('[microphone]\necho_cancellation = "none"\n')
    arguments = ["run", "--json", "--config", config, *camera(tmp_path)]
    with Running(tmp_path / "run", arguments) as run:
        run.until("microphone_open")
        assert sound.recorders() == 1
        command(tmp_path, "mute", "on")
        assert sound.recorders() == 0
        run.until("muted")
        assert states(run) == (True, False)
        assert "closed: muted" in str(run.status()["processes"]["ears"]["figures"])
    with Running(tmp_path / "run", arguments) as run:
        run.until("ready")
        assert sound.recorders() == 0
        command(tmp_path, "press", "long")
        run.until("unmuted")
        ends = [run.until("exchange", "microphone_open") for _ in range(2)]
        assert "I am listening again." in [line.get("answer") for line in ends]
        assert sound.recorders() == 1
        assert not [line for line in run.seen if line["event"] in ("error", "restart")]
    assert privacy.load(data(tmp_path)) == NONE


def test_by_voice_the_camera_is_off_and_a_picture_question_says_so(tmp_path: Path) -> None:
    """Asked aloud, kept on the disk, and refused by the eye; a command switches it on again."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    ask(recordings / "1.wav", "turn the camera off")
    ask(recordings / "2.wav", "what do you see")
    ask(recordings / "3.wav", "mute yourself")
    speaker = ["--speaker", tmp_path / "a.wav"]
    with Running(
        tmp_path / "run", ["run", "--json", "--mic", recordings, *speaker, *camera(tmp_path)]
    ) as run:
        run.until("camera_off")
        assert run.until("exchange")["answer"] == "The camera is off."
        refused = run.until("exchange")
        assert refused["trouble"] == "camera-off"
        assert refused["answer"] == "The camera is off. To switch it on, say: turn the camera on."
        run.until("muted")
        assert run.until("exchange")["answer"] == "I am muted. Hold the button to unmute."
        assert privacy.load(data(tmp_path)) == BOTH
        command(tmp_path, "camera", "on")
        run.until("camera_on")
        assert states(run) == (True, False)


def test_without_a_running_mortar_the_state_is_for_the_next_start(tmp_path: Path) -> None:
    """A damaged file counts as both; what starts says so, opens nothing, and can be switched."""
    command(tmp_path, "camera", "off")
    (data(tmp_path) / FILE).write_text("damaged")
    silence = tmp_path / "silence.raw"
    silence.write_bytes(bytes(16_000 * 2 * 60))
    files = ["--mic", silence, "--speaker", tmp_path / "a.wav", *camera(tmp_path)]
    with Running(tmp_path / "run", ["run", "--json", *files]) as run:
        run.until("ready")
        assert states(run) == (True, True)
        assert run.status()["failures"][0]["code"] == "privacy-unreadable"
        assert "microphone_open" not in [line["event"] for line in run.seen]
        command(tmp_path, "mute", "off")
        run.until("microphone_open")


def test_nothing_listens_on_the_network_and_what_is_kept_is_its_users_alone(tmp_path: Path) -> None:
    """Every process of a run with a question, its answer, a timer and a switched camera; then every file
    and folder that it left."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    ask(recordings / "1.wav", "what do you see")
    ask(recordings / "2.wav", "set a timer for ten minutes")
    ask(recordings / "3.wav", "turn the camera off")
    before = os.umask(0)  # nothing may rely on it
    try:
        files = ["--mic", recordings, "--speaker", tmp_path / "a.wav", *camera(tmp_path)]
        with Running(tmp_path / "run", ["run", "--json", *files]) as run:
            for _ in range(3):
                assert run.until("exchange")["trouble"] is None
                family = [psutil.Process(run.process.pid)]
                family += family[0].children(recursive=True)
                assert len(family) >= 8
                assert [held for process in family for held in process.net_connections("inet")] == []
            run.to_the_end()
    finally:
        os.umask(before)
    kept = [data(tmp_path), *data(tmp_path).rglob("*")]
    assert {"store.db", FILE, "traces"} <= {path.name for path in kept}
    assert [path for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
