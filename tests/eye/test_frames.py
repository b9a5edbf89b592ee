"""Several frames as one look: the mean of their tokens, and one alone when the power is critical."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from PIL import Image

from harness import started
from looks import looked, reading_end
from mortar.bricks import eye
from mortar.messages import PowerChanged
from mortar.power import MAINS, Power, PowerState
from mortar.settings import Eye, RunOptions, Settings
from scenes import tokens_of


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

    async def scenario() -> list[np.ndarray]:
        told, peers = Settings(eye=Eye(frames=2)), ["assistant", "language"]
        run = RunOptions(camera=str(tmp_path))
        seen = []
        async with started(eye.main, peers, settings=told, run=run) as brick:
            await brick.ready()
            reader = await reading_end(brick)
            for turn, power in enumerate((MAINS, Power(PowerState.CRITICAL, 0.0), MAINS)):
                brick["supervisor"].send(PowerChanged(power))
                seen.append(await looked(brick, reader, turn))
        return seen

    pooled, alone, again = asyncio.run(scenario())
    mean = (tokens_of(teal) + tokens_of(orange)) / 2
    np.testing.assert_allclose(pooled, mean, atol=1e-5)
    np.testing.assert_allclose(alone, tokens_of(white), atol=1e-5)
    np.testing.assert_allclose(again, mean, atol=1e-5)
