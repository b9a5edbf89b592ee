"""The old model stays until the new one has answered."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from installing import hub_stand_in as stand_in
from installing.hub_stand_in import Hosted, Hub
from installing.models import VOICE, WHISPER, Mortar, host_voice, installed


def test_what_does_not_answer_is_not_installed_and_the_old_one_stays(
    mortar: Mortar,
    whisper: Hosted,
    data: Path,
    hub: Hub,
    capsys: pytest.CaptureFixture[str],
    one_line: Callable[[], str],
) -> None:
    """Whole as the hub states it, and still no model. What came is kept: a second try fetches nothing."""
    assert mortar("pull", WHISPER) == 0
    was = whisper.content
    whisper.content = b"this is no model" * 1_000
    for _ in range(2):
        capsys.readouterr()
        assert mortar("pull", WHISPER, "--repin") == 1
        assert "does not answer" in one_line()
        assert (installed(data) / "ggml-toy.bin").read_bytes() == was
    assert len([one for one in hub.asked("GET") if one.path.startswith(stand_in.BYTES)]) == 2
    assert mortar("verify", WHISPER) == 0


def test_a_new_version_takes_the_place_of_the_old_one_and_leaves_no_other(
    mortar: Mortar, whisper: Hosted, data: Path
) -> None:
    assert mortar("pull", WHISPER) == 0
    whisper.content = whisper.content[:-4] + b"\1\0\0\0"
    assert mortar("pull", WHISPER, "--repin") == 0
    assert installed(data).readlink().name == "2"
    assert [path.name for path in (data / "model-versions" / WHISPER).iterdir()] == ["2"]
    assert mortar("verify", "all") == 0


def test_only_the_part_that_changed_is_fetched(mortar: Mortar, hub: Hub, data: Path, tmp_path: Path) -> None:
    hosted = host_voice(hub, data, tmp_path)
    assert mortar("pull", VOICE) == 0
    hosted["card"].content = b"License: CC0 1.0\n"
    hub.seen.clear()
    assert mortar("pull", VOICE, "--repin") == 0
    assert not [one for one in hub.asked("GET") if one.path.endswith(".onnx")]


def test_a_silent_voice_does_not_answer(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path, one_line: Callable[[], str]
) -> None:
    host_voice(hub, data, tmp_path, loudness=0.0)
    assert mortar("pull", VOICE) == 1
    assert "does not answer" in one_line()
    assert not installed(data, VOICE).exists()


def test_a_model_that_hangs_is_given_up(
    mortar: Mortar,
    whisper: Hosted,
    data: Path,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    one_line: Callable[[], str],
) -> None:
    """The trial's process starts, and waits for ever: it is ended, with all that it started."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, signal\nif sys.orig_argv[2:4] == ['-m', 'mortar.installing.engine']: signal.pause()\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    config.write_text(config.read_text().replace("trial_s = 100", "trial_s = 1"))
    assert mortar("pull", WHISPER) == 1
    assert "within 1 s" in one_line()
    assert not installed(data).exists()


def test_without_the_engine_it_is_installed_and_said_to_be_untried(
    mortar: Mortar,
    whisper: Hosted,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "_pywhispercpp.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    assert mortar("pull", WHISPER) == 0
    told = capsys.readouterr().out
    assert "not tried" in told and "pywhispercpp" in told
    assert installed(data).exists()
