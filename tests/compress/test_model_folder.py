"""A folder made from another: whole or not there, and the program takes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("tomlkit")

from mortar.errors import UsageError
from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.things import CARDS
from mortar_tools.weights.folder import copy_vision, drafted, finish


def test_the_folder_vouches_for_its_own_files(tmp_path: Path) -> None:
    base, out = ModelFolder(CARDS / "small"), tmp_path / "made"
    with drafted(out) as draft:
        language = draft / "language-x.gguf"
        language.write_bytes(b"other weights")
        copy_vision(base, draft)
        finish(base, draft, language, {"why": "a test"}, "changed")
    made = ModelFolder(out)
    held = made.manifest
    assert (held.name, held.about["made_from"]) == ("cards-changed", "cards")
    assert made.verified(held.language).read_bytes() == b"other weights"
    assert held.vision.sha256 == base.manifest.vision.sha256
    assert (held.prompt, held.taught) == (base.manifest.prompt, base.manifest.taught)
    for one in (held.vision, held.extra[MMPROJ]):
        made.verified(one)


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), drafted(tmp_path / "made") as draft:
        (draft / "half").write_text("written")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_never_written_over(tmp_path: Path) -> None:
    shutil.copy(CARDS / "things.toml", tmp_path)
    with pytest.raises(UsageError) as told, drafted(tmp_path):
        pass
    assert told.value.code == "out-unusable" and (tmp_path / "things.toml").exists()
