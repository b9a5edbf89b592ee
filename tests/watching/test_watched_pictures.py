"""The language brick's real main, with pictures that were watched: read ahead, and asked about while idle."""

from __future__ import annotations

import asyncio
import os

import numpy as np
import pytest

from harness import Brick
from language.played import brick_and_eye
from mortar.bricks.language.pictures import Pictures
from mortar.messages import NO_TURN, Answered, Ask, Report
from mortar.rings.slots import Policy
from mortar.rings.token_ring import TokenRingWriter
from scenes import table, tokens_of


@pytest.fixture(scope="module")
def banana(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Its embeddings: float32 [16, 256]."""
    return tokens_of(table(["banana"], tmp_path_factory.mktemp("scene") / "scene.png"))


async def figure(brick: Brick, name: str) -> int:
    """Of the next report that has it."""
    while name not in (figures := (await brick["supervisor"].expect(Report)).figures):
        pass
    return int(figures[name])


def test_a_look_at_the_same_picture_reads_the_question_alone(banana: np.ndarray) -> None:
    """All that was read ahead of the watched picture is in the memory still."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            number = await eye.shows(banana, NO_TURN)
            # Before the picture came, it may have read what every prompt begins with.
            while (ahead_tok := await figure(brick, "context_tok")) <= len(banana):
                pass
            await eye.shows(banana, turn=1, again=number)
            brick["assistant"].send(Ask(1, "what do you see", look=True))
            assert "banana" in (await brick["assistant"].expect(Answered)).text
            assert await figure(brick, "reused_tok") == ahead_tok

    asyncio.run(scenario())


def test_who_asks_has_an_answer_whatever_is_asked_of_watched_pictures(banana: np.ndarray) -> None:
    """That is over at the latest when the question comes."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            brick["assistant"].send(Ask(NO_TURN, "is there a dog", look=True))
            await eye.shows(banana, turn=1)
            brick["assistant"].send(Ask(1, "what do you see", look=True))
            answered = await brick["assistant"].expect(Answered)
            assert answered.turn == NO_TURN and answered.cancelled
            answered = await brick["assistant"].expect(Answered)
            assert answered.turn == 1 and "banana" in answered.text

    asyncio.run(scenario())


def test_what_is_asked_of_watched_pictures_takes_none_from_a_turn() -> None:
    """Though it come late: the picture of the turn is held, and the watched one before it is gone."""
    pictures, to_writer = Pictures(256), []
    ring = TokenRingWriter(3, 16, 256, 48, Policy.DROP_OLDEST)
    pictures.attach(ring.offer(), [os.dup(ring.descriptor)], to_writer.append)
    ring.connect(lambda message: pictures.handle(message))
    for turn in (NO_TURN, 1):
        slot = ring.acquire(16)
        assert slot is not None
        slot.commit(turn)
    held = pictures.take(None)
    assert held is not None and held.turn == 1
    assert pictures.take(NO_TURN) is None
    assert pictures.held is held
    assert pictures.take(1) is held


def test_a_watched_picture_is_asked_about(banana: np.ndarray) -> None:
    """Each by itself; of an answer that is none it says that it is not to be relied on."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            said = {}
            for question in ("is there a banana", "is there a dog", "is there a hovercraft"):
                await eye.shows(banana, NO_TURN)
                brick["assistant"].send(Ask(NO_TURN, question, look=True))
                answered = await brick["assistant"].expect(Answered)
                said[question] = (answered.text.split(",")[0], answered.is_sure)
            assert said["is there a banana"] == ("Yes", True)
            assert said["is there a dog"] == ("No", True)
            assert said["is there a hovercraft"] == ("Sorry", False)

    asyncio.run(scenario())
