"""Scenes on disk belong to the world that they were drawn in."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from mortar_tools.cards.things import CARDS
from mortar_tools.cards.world import art, pool
from mortar_tools.cards.world.scene import SIZE


def test_another_world_has_another_pool(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thing more, and no older scene is met: its class numbers may mean something else."""
    before = pool.folder_of.__wrapped__(work)
    assert pool.folder_of.__wrapped__(work) == before
    for name in ("things.toml", "unknown.toml"):
        shutil.copy(CARDS / name, tmp_path)
    monkeypatch.setattr(pool, "CARDS", tmp_path)
    assert pool.folder_of.__wrapped__(work) == before
    with (tmp_path / "things.toml").open("a") as file:
        file.write('\n[[thing]]\nname = "robot"\nplural = "robots"\narticle = "a"\nemoji = "1F916"\n')
    assert pool.folder_of.__wrapped__(work) != before


def test_scenes_come_back_as_they_were_drawn(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "CHUNK", 3)
    folder = pool.folder_of(work)
    folder.mkdir()
    pool.draw_chunk(folder, 0, work)
    assert pool.complete(work) == [0]
    chunk = pool.open_chunk(work, 0)
    for number in range(3):
        scene = pool.draw(pool.SPLITS["train"][number], work=work)
        assert np.array_equal(chunk.pictures[number], scene.picture[np.newaxis])
        assert len(chunk.truth(number).seen) == len(scene.seen)
        assert chunk.truth(number).dark == scene.dark


def test_scenes_from_afar_come_back_with_their_closeup(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those that have one, each with both looks at the same cards."""
    monkeypatch.setattr(pool, "CHUNK", 3)
    folder = pool.folder_of(work, afar=True)
    assert folder != pool.folder_of(work)
    folder.mkdir()
    pool.draw_chunk(folder, 0, work, afar=True)
    chunk = pool.open_chunk(work, 0, afar=True)
    assert chunk.pictures.shape == (3, 2, SIZE, SIZE, 3)
    for number in range(3):
        assert not np.array_equal(*chunk.pictures[number])
        assert chunk.truth(number).seen, "there is something to look closer at"


def test_pictograms_of_fewer_things_are_not_enough(tmp_path: Path) -> None:
    """After a thing was added they are fetched again."""
    np.savez(tmp_path / "art.npz", **{"noto/1f408": np.zeros((art.SIZE, art.SIZE, 4), np.uint8)})
    assert not art.complete(tmp_path)
