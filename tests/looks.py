"""The language peer of a real eye brick: reads the tokens of its looks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness import Brick, started
from mortar.bricks import eye
from mortar.messages import Look, Looked, PowerChanged, RingOffer, SlotReady
from mortar.power import Power
from mortar.rings.token_reader import TokenRingReader
from mortar.settings import Eye, RunOptions, Settings


async def reading_end(brick: Brick) -> TokenRingReader:
    """Of the eye's token ring, as the language brick would hold it."""
    offer = await brick["language"].expect(RingOffer)
    # The harness closes its own.
    descriptor = os.dup(brick["language"].descriptors[0])
    return TokenRingReader(offer, descriptor, brick["language"].send)


async def looked(brick: Brick, reader: TokenRingReader, turn: int) -> np.ndarray:
    """A copy of the tokens, float32 [n_tok, n_embd], that the eye hands over when told to look."""
    brick["assistant"].send(Look(turn))
    assert (await brick["assistant"].expect(Looked)).turn == turn
    reader.handle(await brick["language"].expect(SlotReady))
    slot = reader.take_newest()
    assert slot is not None
    with slot:
        return slot.array.copy()


async def looks_by_power(settings: Eye, camera: Path, powers: Sequence[Power]) -> list[np.ndarray]:
    """The tokens of one look after another of a real eye, each with what power there is."""
    seen, run = [], RunOptions(camera=str(camera))
    async with started(
        eye.main, ["assistant", "language"], settings=Settings(eye=settings), run=run
    ) as brick:
        await brick.ready()
        reader = await reading_end(brick)
        for turn, power in enumerate(powers):
            brick["supervisor"].send(PowerChanged(power))
            seen.append(await looked(brick, reader, turn))
    return seen
