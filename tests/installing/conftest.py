"""A hub on this computer, and a data folder and settings for it; `mortar models` as a person types it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from installing.hub_stand_in import Hosted, Hub, running
from installing.models import Mortar, host_whisper
from mortar.commands import main


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running() as started:
        yield started


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where people install things."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "data" / "mortar"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def config(tmp_path: Path, hub: Hub) -> Path:
    """Settings that name the hub, with little patience."""
    path = tmp_path / "mortar.toml"
    path.write_text(f'[models]\nhub = "{hub.base}"\npatience_s = 2\ntrial_s = 100\n')
    return path


@pytest.fixture
def mortar(config: Path, data: Path) -> Mortar:
    """`mortar models ARGUMENTS`: its exit status."""

    def run(*arguments: str) -> int:
        return main(["models", *arguments, "--config", str(config)])

    return run


@pytest.fixture
def whisper(hub: Hub, data: Path, tmp_path: Path) -> Hosted:
    """A toy that the hub has and the person's catalogue names."""
    return host_whisper(hub, data, tmp_path)


@pytest.fixture
def untried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """whisper.cpp is not installed, so a pull's trial is over at once."""
    (tmp_path / "_pywhispercpp.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")


@pytest.fixture
def one_line(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was complained of, behind what was told on the way."""

    def taken() -> str:
        lines = capsys.readouterr().err.strip().splitlines()
        complaints = [line for line in lines if line.startswith("mortar: ")]
        assert len(complaints) == 1 and lines[-1] == complaints[0]
        return complaints[0]

    return taken


@pytest.fixture
def json_lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, object]]]:
    """What was printed for programs."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
