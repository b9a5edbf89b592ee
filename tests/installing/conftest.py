"""A hub on this computer, and a data folder and settings for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from installing.hub_stand_in import Hub, running


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
