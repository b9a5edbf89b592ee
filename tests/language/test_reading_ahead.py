"""Reading ahead in chunks: what is more urgent waits for one of them at most.

Counted in chunks and jobs, never in time: a gate holds the model in the middle of one while the test says
what comes meanwhile.
"""

from __future__ import annotations

import asyncio

import numpy as np

from harness import Brick
from language.gate import Gate
from language.played import brick_and_eye
from mortar.messages import (
    NO_TURN,
    Answered,
    Ask,
    Cancel,
    Context,
    Exchange,
    JobBegan,
    JobEnded,
    Message,
    Report,
)
from mortar.settings import Language, Settings

CHUNK_TOK = 5
SETTINGS = Settings(language=Language(context_tok=4_096, chunk_tok=CHUNK_TOK))
QUESTION = "what do you see"
LONG = [Exchange(QUESTION, "There is a cat on the left. " * 20)]


async def asked(brick: Brick, turn: int, *, look: bool = False) -> None:
    """Returns once the brick knows of the question: it has ended one that came before it."""
    brick["assistant"].send(Ask(turn + 100, QUESTION, look))
    brick["assistant"].send(Ask(turn, QUESTION, look))
    assert (await brick["assistant"].expect(Answered)).turn == turn + 100


async def held_in_a_chunk(brick: Brick, gate: Gate) -> None:
    """The brick reads ahead, and stands before a decode of the earlier turns."""
    await idle(brick)
    gate.close()
    brick["assistant"].send(Context(LONG))
    await gate.reached()


async def idle(brick: Brick) -> None:
    """Until what there is to read at the start is read."""
    await brick["supervisor"].expect(Report)


def rows_read(gate: Gate) -> int:
    return sum(n_tok for what, n_tok in gate.read if what == "rows")


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((16, 256)).astype(np.float32)


async def next_job(brick: Brick) -> str:
    return (await brick["supervisor"].expect(JobBegan)).what


def test_no_more_is_read_at_once_than_a_chunk(gate: Gate) -> None:
    async def scenario() -> None:
        async with brick_and_eye(SETTINGS) as (brick, eye):
            await idle(brick)
            gate.read.clear()
            brick["assistant"].send(Context(LONG))
            await eye.shows(picture(1), turn=1)
            brick["assistant"].send(Ask(1, QUESTION, look=True))
            await brick["assistant"].expect(Answered)
            assert max(n_tok for _, n_tok in gate.read) <= CHUNK_TOK
            assert rows_read(gate) == 16

    asyncio.run(scenario())


def test_a_question_waits_for_one_chunk_at_most(gate: Gate) -> None:
    """In the middle of long earlier turns: what is next after the chunk that runs is the answer."""

    async def scenario() -> None:
        async with brick_and_eye(SETTINGS) as (brick, _):
            await held_in_a_chunk(brick, gate)
            await asked(brick, 1)
            assert await next_job(brick) == "read"  # the one that runs
            gate.open()
            assert await next_job(brick) == "answer"
            assert (await brick["assistant"].expect(Answered)).turn == 1

    asyncio.run(scenario())


def test_a_newer_picture_takes_the_place_of_one_that_is_half_read(gate: Gate) -> None:
    """The older one's slot comes back after the chunk that runs, and none of its rows is read any more."""

    async def scenario() -> None:
        async with brick_and_eye(SETTINGS) as (brick, eye):
            await idle(brick)
            gate.close()
            await eye.shows(picture(1), turn=1)
            await gate.reached()  # text before it, and its first rows
            await eye.shows(picture(2), turn=1)
            await asked(brick, 1, look=True)
            gate.open()
            await brick["assistant"].expect(Answered)
            await eye.until_given_back()
            assert rows_read(gate) <= CHUNK_TOK + 16

    asyncio.run(scenario())


def test_a_cancelled_chunk_ends_at_once_and_nothing_more_is_read(gate: Gate) -> None:
    async def scenario() -> None:
        async with brick_and_eye(SETTINGS) as (brick, eye):
            await idle(brick)
            gate.close()
            await eye.shows(picture(1), turn=1)
            await gate.reached()
            brick["assistant"].send(Cancel(1))
            await asked(brick, 2)
            gate.open()
            await eye.until_given_back()
            await brick["assistant"].expect(Answered)
            assert rows_read(gate) <= CHUNK_TOK

    asyncio.run(scenario())


def test_a_sentence_is_not_delayed_by_what_could_be_read(gate: Gate) -> None:
    """While an answer is written, neither earlier turns nor a watched picture are read: they follow it."""

    async def scenario() -> None:
        async with brick_and_eye(SETTINGS) as (brick, eye):
            await idle(brick)
            gate.close()
            brick["assistant"].send(Ask(1, QUESTION, look=False))
            await gate.reached()
            brick["assistant"].send(Context(LONG))
            await eye.shows(picture(1), turn=NO_TURN)
            gate.open()
            job = await brick["supervisor"].expect(JobBegan)
            assert job.what == "answer"
            following = await brick["supervisor"].expect(Message)
            while isinstance(following, Report):
                following = await brick["supervisor"].expect(Message)
            assert following == JobEnded(job.job)
            assert await next_job(brick) == "read"

    asyncio.run(scenario())
