"""A conversation that is much longer than the memory: nothing overruns, and only what is new is read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from harness import Brick
from language.gate import Gate
from language.played import brick_and_eye, bundled_with
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.messages import Answered, Ask, Context, Exchange, Failure, Report
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Language, Settings, Speculate

TURNS = 100
KNOWN = 16
"""Earlier turns that the assistant reminds the model of, at most (`assistant.earlier_turns`)."""

ROWS = 16
SETTINGS = Settings(language=Language(context_tok=512, chunk_tok=512, answer_tok=48, speculate=Speculate.OFF))
"""Everything that is read ahead is one chunk, and so one report; and nothing is read to be guessed."""

QUESTIONS = ("what do you see", "where is the cat", "how many cups are there on the table")


@pytest.fixture
def talkative(tmp_path: Path) -> Path:
    return bundled_with(tmp_path / "model", "most_earlier_turns = 2", f"most_earlier_turns = {KNOWN}")


async def reported_tok(brick: Brick, held_tok: int) -> None:
    """Until the brick holds so many tokens."""
    while (await brick["supervisor"].expect(Report)).figures.get("context_tok") != held_tok:
        pass


def as_text_tok(model: LlamaLanguageModel, exchange: Exchange) -> int:
    """What an earlier turn takes, with the three control tokens around it."""
    return len(model.tokenize(exchange.question)) + len(model.tokenize(exchange.answer)) + 3


def test_a_hundred_turns_read_only_what_is_new(talkative: Path, gate: Gate) -> None:
    """In each turn: the turn before as text, without its picture; then picture, question and answer. Turns
    that leave cost nothing."""
    folder = ModelFolder(talkative)
    context_tok, answer_tok = SETTINGS.language.context_tok, SETTINGS.language.answer_tok
    path = folder.verified(folder.manifest.language)
    model = LlamaLanguageModel(path, n_ctx=context_tok, threads=1, should_stop=lambda: False)
    composer = Composer(model, folder.manifest.prompt, answer_tok, picture_tok=ROWS)

    async def scenario() -> None:
        earlier: list[Exchange] = []
        sizes_tok = [0]
        async with brick_and_eye(SETTINGS, talkative) as (brick, eye):
            for turn in range(1, TURNS + 1):
                question = QUESTIONS[turn % len(QUESTIONS)]
                await reported_tok(brick, len(composer.compose(earlier, None, None)))
                await eye.shows(np.random.default_rng(turn).standard_normal((ROWS, 256)), turn)
                await reported_tok(brick, len(composer.compose(earlier, PictureRows(turn, ROWS), None)))
                brick["assistant"].send(Ask(turn, question, look=True))
                answered = await brick["assistant"].expect(Answered)

                asked_tok = ROWS + 2 + len(model.tokenize(question)) + 2
                if turn > 1:  # before it, loading and the begin
                    assert gate.read_tok <= sizes_tok[-1] + asked_tok + answered.n_tok, f"in turn {turn}"
                gate.read.clear()
                exchange = Exchange(question, answered.text)
                sizes_tok.append(as_text_tok(model, exchange))
                earlier = [*earlier, exchange][-KNOWN:]
                brick["assistant"].send(Context(earlier))
            assert not [message for message in brick["supervisor"].seen if isinstance(message, Failure)]
            assert sum(sizes_tok) > 3 * context_tok, "it was much longer than the memory"

    asyncio.run(scenario())
    model.close()
