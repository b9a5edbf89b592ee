from pathlib import Path

import pytest

from mortar.runtimes.rknn_sim import toolkit
from toolkit.environments import make_environment


@pytest.fixture(scope="session")
def small_toolkit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an environment with a small rknn-toolkit2."""
    return make_environment(tmp_path_factory.mktemp("toolkit") / "environment")


@pytest.fixture
def installed_toolkit(small_toolkit: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the one that Mortar uses."""
    monkeypatch.setenv(toolkit.VARIABLE, str(small_toolkit))
    return small_toolkit
