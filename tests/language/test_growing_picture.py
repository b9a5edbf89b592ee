"""A picture of several tiles is read while it is still being encoded."""

from __future__ import annotations

import asyncio

import numpy as np

from harness import Brick
from language.played import ROOMY, brick_and_eye
from mortar.messages import Answered, Ask, Cancel, Report

QUESTION = "what do you see"


def rows(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((16, 256)).astype(np.float32)


async def held_tok(brick: Brick, tok: int) -> None:
    """Until the memory holds so many tokens."""
    while (await brick["supervisor"].expect(Report)).figures.get("context_tok") != tok:
        pass


async def answer(brick: Brick, turn: int) -> Answered:
    brick["assistant"].send(Ask(turn, QUESTION, look=True))
    return await brick["assistant"].expect(Answered)


def test_what_is_encoded_is_read_while_the_rest_is_not() -> None:
    """And the answer is that to the whole picture, which the question waits for."""

    async def scenario() -> None:
        async with brick_and_eye(ROOMY) as (brick, eye):
            await held_tok(brick, 1)
            growing = await eye.begins(rows(1), turn=1, n_tok=4)
            await held_tok(brick, 1 + 1 + 4)  # begin, the mark before the picture, its first rows
            growing.to(12)
            await held_tok(brick, 1 + 1 + 12)
            brick["assistant"].send(Ask(1, QUESTION, look=True))
            growing.whole()
            in_parts = await brick["assistant"].expect(Answered)
            await eye.until_given_back()
            await eye.shows(rows(1), turn=2)
            assert in_parts.text == (await answer(brick, 2)).text
            assert abs(in_parts.confidence - brick["assistant"].seen[-1].confidence) < 0.02

    asyncio.run(scenario())


def test_a_picture_that_fails_half_way_is_forgotten() -> None:
    """Its slot comes back, the memory holds nothing of it, and the next picture is answered as if it had
    never been."""

    async def scenario() -> None:
        async with brick_and_eye(ROOMY) as (brick, eye):
            await eye.shows(rows(2), turn=1)
            alone = (await answer(brick, 1)).text
            await held_tok(brick, 1)
            growing = await eye.begins(rows(1), turn=2, n_tok=8)
            await held_tok(brick, 1 + 1 + 8)
            brick["assistant"].send(Ask(2, QUESTION, look=True))
            growing.fails()
            await held_tok(brick, 1)
            await eye.until_given_back()
            brick["assistant"].send(Cancel(2))
            assert (await brick["assistant"].expect(Answered)).cancelled
            await eye.shows(rows(2), turn=3)
            assert (await answer(brick, 3)).text == alone

    asyncio.run(scenario())


def test_a_turn_that_is_cancelled_half_way_gives_the_slot_back() -> None:
    """The eye writes on, for nobody, and the slot is free once it has ended."""

    async def scenario() -> None:
        async with brick_and_eye(ROOMY) as (brick, eye):
            await held_tok(brick, 1)
            growing = await eye.begins(rows(1), turn=1, n_tok=8)
            await held_tok(brick, 1 + 1 + 8)
            brick["assistant"].send(Cancel(1))
            await held_tok(brick, 1)
            growing.to(12)
            growing.whole()
            await eye.until_given_back()

    asyncio.run(scenario())
