"""Several frames as one look: the mean of their tokens, and one alone when the power is critical."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from PIL import Image

from looks import looks_by_power
from mortar.power import MAINS, Power, PowerState
from mortar.settings import Eye
from scenes import tokens_of

CRITICAL = Power(PowerState.CRITICAL, 0.0)


def camera(folder: Path) -> list[Path]:
    """Pictures that a folder plays, one a frame; the third is of another size."""
    paths = []
    for number, (size, colour) in enumerate([((64, 48), "teal"), ((64, 48), "orange"), ((32, 32), "white")]):
        paths.append(folder / f"{number}.png")
        Image.new("RGB", size, colour).save(paths[-1])
    return paths


def test_a_look_is_the_mean_of_its_frames(tmp_path: Path) -> None:
    """Of those that are as large as the newest: what a camera gave before it was turned is left out."""
    teal, orange, white = camera(tmp_path)

    powers = (MAINS, CRITICAL, MAINS, MAINS)
    pooled, alone, again, turned = asyncio.run(looks_by_power(Eye(frames=2), tmp_path, powers))
    mean = (tokens_of(teal) + tokens_of(orange)) / 2
    np.testing.assert_allclose(pooled, mean, atol=1e-5)
    np.testing.assert_allclose(alone, tokens_of(white), atol=1e-5)
    np.testing.assert_allclose(again, mean, atol=1e-5)
    np.testing.assert_allclose(turned, tokens_of(teal), atol=1e-5)
