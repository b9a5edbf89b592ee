"""A real supervisor with its real zygote and the small workers of workers.py."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder of the test's own (a socket's path may have 107 bytes), and workers.py
    importable in the zygote."""
    with tempfile.TemporaryDirectory(prefix="mortar-") as folder:
        monkeypatch.setenv("MORTAR_RUNTIME_DIR", folder)
        monkeypatch.setenv("XDG_DATA_HOME", f"{folder}/data")
        paths = [str(TESTS), os.environ.get("PYTHONPATH", "")]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in paths if path))
        yield Path(folder)
