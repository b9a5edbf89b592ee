"""A virtual sound card for the drivers in the test's own process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from virtual_sound import VirtualSound


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualSound]:
    with VirtualSound(tmp_path / "sound") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
    for name in ("PULSE_SOURCE", "PULSE_SINK"):  # what drivers tell the server's library
        os.environ.pop(name, None)
