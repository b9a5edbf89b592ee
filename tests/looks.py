"""The language peer of a real eye brick: reads the tokens of its looks."""

from __future__ import annotations

import os

import numpy as np

from harness import Brick
from mortar.messages import Look, Looked, RingOffer, SlotReady
from mortar.rings.token_ring import TokenRingReader


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
