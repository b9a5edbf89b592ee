"""The language brick's real main, with its eye played by a real ring writer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import numpy as np
import pytest

from harness import Brick, started
from language.played import Eye, brick_and_eye
from mortar import resources
from mortar.bricks import language
from mortar.messages import (
    Abort,
    Answered,
    Ask,
    Cancel,
    Context,
    Exchange,
    Failure,
    JobBegan,
    PowerChanged,
    Report,
    Sentence,
)
from mortar.power import MAINS, Power, PowerState
from mortar.rings.slots import SlotState
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Language, RunOptions, Settings
from scenes import table, tokens_of

QUESTION = "what do you see"

# Reading this takes a while with any model, so that what is sent meanwhile finds it at work.
LONG = [Exchange(QUESTION, "There is a cat on the left. " * 150)] * 2


def run(scenario: Coroutine[object, object, None]) -> None:
    asyncio.run(scenario)


async def answer_to(brick: Brick, turn: int, question: str = QUESTION, *, look: bool = True) -> Answered:
    brick["assistant"].send(Ask(turn, question, look))
    answered = await brick["assistant"].expect(Answered)
    assert answered.turn == turn
    return answered


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """Embeddings of three scenes, as the eye would write them: float32 [16, 256] each."""
    folder = tmp_path_factory.mktemp("scenes")
    found = []
    for things in (["cat", "car"], ["banana"], ["key", "dog", "pizza"]):
        found.append(tokens_of(table(things, folder / "scene.png")))
    return found


@pytest.fixture(scope="module")
def alone(pictures: list[np.ndarray]) -> list[str]:
    """What is answered to each picture when it is the only one that the brick ever saw."""
    answers = []

    async def scenario(picture: np.ndarray) -> None:
        async with brick_and_eye() as (brick, eye):
            await eye.shows(picture, turn=1)
            answers.append((await answer_to(brick, 1)).text)

    for picture in pictures:
        run(scenario(picture))
    assert len(set(answers)) == len(answers), "the pictures cannot be told apart by their answers"
    return answers


def test_sentences_come_while_the_answer_is_written(pictures: list[np.ndarray]) -> None:
    """In order, numbered from 0, and together they are the answer."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            await eye.shows(pictures[0], turn=1)
            answered = await answer_to(brick, 1)
            said = [message for message in brick["assistant"].seen if isinstance(message, Sentence)]
            assert [sentence.index for sentence in said] == list(range(len(said)))
            assert " ".join(sentence.text for sentence in said).split() == answered.text.split()
            assert 0 < answered.confidence <= 1 and answered.n_tok > 0
            assert not answered.cancelled and answered.first_token_ms > 0

    run(scenario())


def test_each_picture_gets_its_own_answer(pictures: list[np.ndarray], alone: list[str]) -> None:
    """Whatever was seen before: nothing of an earlier picture is left in the memory."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            for turn, number in enumerate([0, 1, 0, 2, 2, 1, 0], start=1):
                await eye.shows(pictures[number], turn)
                assert (await answer_to(brick, turn)).text == alone[number]

    run(scenario())


def test_the_answer_comes_from_the_picture_not_from_what_was_said_before(
    pictures: list[np.ndarray], alone: list[str]
) -> None:
    """The same question about another picture, whose answer stands in the context."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            brick["assistant"].send(Context([Exchange(QUESTION, alone[1])]))
            await eye.shows(pictures[0], turn=2)
            assert (await answer_to(brick, 2)).text != alone[1]
            await eye.shows(pictures[1], turn=3)
            assert (await answer_to(brick, 3)).text != alone[0]

    run(scenario())


def test_a_question_waits_for_the_picture_of_its_own_turn(
    pictures: list[np.ndarray], alone: list[str]
) -> None:
    """A picture of the turn before is there already, and is not taken for it."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            await eye.shows(pictures[0], turn=1)
            brick["assistant"].send(Ask(2, QUESTION, look=True))
            await eye.shows(pictures[1], turn=2)
            answered = await brick["assistant"].expect(Answered)
            assert (answered.turn, answered.text) == (2, alone[1])

    run(scenario())


def test_the_newest_picture_of_a_turn_is_answered(pictures: list[np.ndarray], alone: list[str]) -> None:
    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            await eye.shows(pictures[0], turn=1)
            await brick["supervisor"].expect(Report)  # it was read
            await eye.shows(pictures[1], turn=1)
            await eye.until_given_back(slots=1)
            assert (await answer_to(brick, 1)).text == alone[1]

    run(scenario())


def test_a_question_about_no_picture_sees_none(pictures: list[np.ndarray]) -> None:
    """Although one was read in already, while the person spoke."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            blind = await answer_to(brick, 1, look=False)
            await eye.shows(pictures[0], turn=2)
            await brick["supervisor"].expect(Report)
            assert (await answer_to(brick, 2, look=False)).text == blind.text

    run(scenario())


def test_the_question_alone_is_read_when_it_comes(pictures: list[np.ndarray]) -> None:
    """Earlier turns and the picture are in the memory by then."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            brick["assistant"].send(Context([Exchange("where is the cat", "I do not see a cat.")]))
            await eye.shows(pictures[0], turn=1)
            ahead_tok = await read_ahead_tok(brick, at_least=16 + 10)
            await answer_to(brick, 1)
            figures: dict[str, object] = {}
            while "question_tok" not in figures:
                figures = (await brick["supervisor"].expect(Report)).figures
            assert figures["reused_tok"] == ahead_tok

    run(scenario())


async def read_ahead_tok(brick: Brick, at_least: int) -> int:
    """Waits until the memory holds so many tokens; gives how many it holds."""
    while True:
        held = (await brick["supervisor"].expect(Report)).figures.get("context_tok")
        if isinstance(held, int) and held >= at_least:
            return held


def test_cancel_ends_the_work_and_the_next_question_is_answered(
    pictures: list[np.ndarray], alone: list[str]
) -> None:
    """In the middle of a long reading, whose end nobody waits for."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            await eye.shows(pictures[0], turn=1)
            brick["assistant"].send(Context(LONG))
            brick["assistant"].send(Ask(1, QUESTION, look=True))
            await brick["supervisor"].expect(JobBegan)
            brick["assistant"].send(Cancel(1))
            answered = await brick["assistant"].expect(Answered)
            assert (answered.turn, answered.cancelled) == (1, True)
            brick["assistant"].send(Context([]))
            await eye.shows(pictures[1], turn=2)
            assert (await answer_to(brick, 2)).text == alone[1]

    run(scenario())


def test_a_question_is_taken_back_while_its_picture_is_awaited() -> None:
    """The eye may have failed; the assistant says so by Cancel."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, _):
            brick["assistant"].send(Ask(1, QUESTION, look=True))
            brick["assistant"].send(Cancel(1))
            answered = await brick["assistant"].expect(Answered)
            assert (answered.cancelled, answered.text, answered.n_tok) == (True, "", 0)

    run(scenario())


def test_a_newer_question_ends_the_older(pictures: list[np.ndarray], alone: list[str]) -> None:
    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            brick["assistant"].send(Ask(1, QUESTION, look=True))
            brick["assistant"].send(Ask(2, QUESTION, look=True))
            await eye.shows(pictures[2], turn=2)
            first, second = [await brick["assistant"].expect(Answered) for _ in range(2)]
            assert (first.turn, first.cancelled) == (1, True)
            assert (second.turn, second.text) == (2, alone[2])

    run(scenario())


def test_past_the_deadline_the_turn_fails_and_the_next_works(
    pictures: list[np.ndarray], alone: list[str]
) -> None:
    """The supervisor says Abort; the decode ends, and the person hears that it took too long."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            await read_ahead_tok(brick, at_least=1)
            brick["assistant"].send(Context(LONG))
            job = await brick["supervisor"].expect(JobBegan)
            brick["supervisor"].send(Abort(job.job))
            failure = await brick["assistant"].expect(Failure)
            assert failure.code == "language-too-slow"
            brick["assistant"].send(Context([]))
            await eye.shows(pictures[1], turn=2)
            assert (await answer_to(brick, 2)).text == alone[1]

    run(scenario())


def test_a_picture_outlives_the_eye_that_took_it(pictures: list[np.ndarray], alone: list[str]) -> None:
    """The eye dies after it handed the picture over: its turn is answered, and so is the next eye's."""

    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            await eye.shows(pictures[0], turn=1)
            await brick["supervisor"].expect(Report)
            brick.die("eye")
            eye.ring.close()
            brick.wire("eye")
            again = Eye(brick)
            # Earlier text changes what stands before the picture: it is read again from the dead
            # eye's memory.
            brick["assistant"].send(Context([Exchange(QUESTION, "I see a bus.")]))
            brick["assistant"].send(Context([]))
            assert (await answer_to(brick, 1)).text == alone[0]
            await again.shows(pictures[1], turn=2)
            assert (await answer_to(brick, 2)).text == alone[1]

    run(scenario())


def test_many_questions_leave_nothing_behind(pictures: list[np.ndarray], alone: list[str]) -> None:
    """After 50 turns the memory holds the prompt's begin alone, and every slot is free."""

    async def scenario() -> None:
        async with brick_and_eye(settings=Settings()) as (brick, eye):
            for turn in range(1, 51):
                number = turn % len(pictures)
                await eye.shows(pictures[number], turn)
                assert (await answer_to(brick, turn)).text == alone[number]
                await eye.until_given_back()
            figures: dict[str, object] = {}
            while figures.get("context_tok") != 1:
                figures = (await brick["supervisor"].expect(Report)).figures
            assert eye.ring.counts()[SlotState.FREE] == 3

    run(scenario())


def test_a_low_battery_shortens_answers(pictures: list[np.ndarray], alone: list[str]) -> None:
    """What is cut within its first sentence is said as far as it goes; with the charger, answers are whole
    again."""
    settings = Settings(language=Language(answer_tok=32))

    async def scenario() -> None:
        async with brick_and_eye(settings) as (brick, eye):
            for turn, power in enumerate([Power(PowerState.CRITICAL, 0.0), MAINS], start=1):
                brick["supervisor"].send(PowerChanged(power))
                await eye.shows(pictures[2], turn)
                answered = await answer_to(brick, turn)
                if power is MAINS:
                    assert (answered.text, answered.n_tok > 8) == (alone[2], True)
                else:
                    assert answered.n_tok == 8 and answered.text and alone[2].startswith(answered.text)
                    cut = answered.text
            said = [message.text for message in brick["assistant"].seen if isinstance(message, Sentence)]
            assert " ".join(said) == f"{cut} {alone[2]}"

    run(scenario())


def test_the_status_tells_of_drafts(pictures: list[np.ndarray]) -> None:
    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            await eye.shows(pictures[0], turn=1)
            await answer_to(brick, 1)
            figures: dict[str, object] = {}
            while "speculation" not in figures:
                figures = (await brick["supervisor"].expect(Report)).figures
            assert figures["drafter"] == "lookup"
            assert {"drafted_tok", "accepted_tok", "acceptance", "speculation_gain"} <= set(figures)

    run(scenario())


def test_an_eye_of_another_model_is_refused() -> None:
    """Rows of another width would be read past their end."""

    async def scenario() -> None:
        async with started(language.main, ["assistant", "eye"]) as brick:
            await brick.ready()
            Eye(brick, n_embd=128)
            assert (await brick.failure()).code == "models-differ"

    run(scenario())


def test_a_picture_that_there_is_no_room_for_fails_its_turn(pictures: list[np.ndarray]) -> None:
    """As soon as it is there, and not when somebody has asked."""

    async def scenario() -> None:
        tight = Settings(language=Language(context_tok=256, answer_tok=248))
        async with brick_and_eye(tight) as (brick, eye):
            await eye.shows(pictures[0], turn=1)
            failure = await brick["assistant"].expect(Failure)
            assert (failure.code, failure.turn) == ("picture-too-long", 1)

    run(scenario())


def test_a_question_that_is_too_long_fails_its_turn(pictures: list[np.ndarray]) -> None:
    async def scenario() -> None:
        async with brick_and_eye() as (brick, eye):
            await eye.shows(pictures[0], turn=1)
            brick["assistant"].send(Ask(1, "word " * 5_000, look=True))
            failure = await brick["assistant"].expect(Failure)
            assert (failure.code, failure.turn) == ("question-too-long", 1)

    run(scenario())


def missing(path: Path) -> None:
    path.unlink()


def truncated(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:-1000])


def swapped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "code"), [(missing, "model-missing"), (truncated, "model-damaged"), (swapped, "model-damaged")]
)
def test_a_bad_model_file_ends_the_brick_with_its_name(tmp_path: Path, damage: object, code: str) -> None:
    """The manifest finds it before llama.cpp reads it."""

    async def scenario() -> None:
        for path in resources.bundled_model().iterdir():
            (tmp_path / path.name).symlink_to(path)
        bad = tmp_path / ModelFolder(tmp_path).manifest.language.file
        damage(bad)  # type: ignore[operator]
        options = RunOptions(model=str(tmp_path))
        async with started(language.main, ["assistant", "eye"], run=options) as brick:
            failure = await brick.failure()
            assert failure.code == code and str(bad) in failure.what and "restore" in failure.do

    run(scenario())
