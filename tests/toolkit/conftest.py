from pathlib import Path

import pytest

from mortar import resources
from mortar.runtimes.model_folder import ModelFolder
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


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelFolder:
    """The bundled model, with no forms installed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return ModelFolder(resources.bundled_model())
