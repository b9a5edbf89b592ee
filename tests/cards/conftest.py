"""Art that needs no download: a coloured disc for every pictogram of every style."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mortar_tools.cards.world import art


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with stand-in art."""
    folder = tmp_path_factory.mktemp("cards")
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[-1 : 1 : art.SIZE * 1j, -1 : 1 : art.SIZE * 1j]
    disc = np.where(rows**2 + columns**2 < 1, 255, 0).astype(np.uint8)
    pictograms = {}
    for style in art.STYLES:
        for emoji in art.wanted():
            colour = np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), (*disc.shape, 3))
            pictograms[f"{style}/{art.code_of(emoji)}"] = np.dstack([colour, disc])
    np.savez_compressed(folder / "art.npz", **pictograms)
    return folder
