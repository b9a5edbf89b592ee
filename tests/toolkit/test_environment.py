"""The toolkit's environment: made once, whoever wants it and whatever ended the first attempt."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mortar.errors import MortarError
from mortar.runtimes.rknn_sim import toolkit
from mortar_tools.vision.toolkit import environment


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and a toolkit that needs no packages."""
    monkeypatch.delenv(toolkit.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    nothing = tmp_path / "requirements.txt"
    nothing.write_text("# nothing\n")
    monkeypatch.setattr(environment, "REQUIREMENTS", nothing)
    return tmp_path / "cache"


def test_without_it_the_program_says_how_to_make_it(cache: Path) -> None:
    with pytest.raises(MortarError) as caught:
        toolkit.python()
    assert caught.value.code == "toolkit-missing" and "mortar tools make toolkit" in caught.value.do


def test_it_is_made_in_the_cache_folder_and_then_used(cache: Path) -> None:
    told: list[str] = []
    python = environment.ready(told.append)
    assert python.is_relative_to(cache / "mortar" / "rknn-toolkit2-2.5.0") and python.exists()
    assert "0.8 GB" in told[0]
    assert environment.ready(lambda line: pytest.fail(f"made again: {line}")) == python == toolkit.python()


def test_what_was_interrupted_is_made_anew(cache: Path) -> None:
    python = environment.ready(lambda line: None)
    (toolkit.folder() / toolkit.COMPLETE).unlink()
    leftover = toolkit.folder() / "half"
    leftover.touch()
    assert not toolkit.is_there()
    assert environment.ready(lambda line: None) == python
    assert not leftover.exists()


def test_two_at_once_make_one(cache: Path) -> None:
    told: list[str] = []
    with ThreadPoolExecutor(2) as both:
        found = list(both.map(lambda _: environment.ready(told.append), range(2)))
    assert found[0] == found[1]
    assert sum("installing" in line for line in told) == 1


def test_what_pip_refuses_is_one_line_and_no_environment(cache: Path, tmp_path: Path) -> None:
    environment.REQUIREMENTS.write_text(f"{tmp_path}/none-1.0-py3-none-any.whl\n")
    with pytest.raises(MortarError) as caught:
        environment.ready(lambda line: None)
    assert caught.value.code == "toolkit-not-made" and "none-1.0" in caught.value.what
    assert "\n" not in str(caught.value) and not toolkit.is_there()


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(toolkit.VARIABLE, raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(MortarError) as caught:
        environment.ready(lambda line: None)
    assert caught.value.code == "toolkit-not-made" and "\n" not in str(caught.value)


def test_one_that_is_named_is_used_as_it_is(installed_toolkit: Path) -> None:
    assert environment.ready(lambda line: pytest.fail(line)) == installed_toolkit / "bin" / "python"


def test_every_package_is_pinned() -> None:
    lines = environment.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    assert all("==" in line for line in lines if not line.startswith("#"))
    assert f"rknn-toolkit2=={toolkit.VERSION}" in lines
