"""A model that was taught some questions and no others answers no other as if it knew."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest

from harness import Brick
from language.played import ROOMY, brick_and_eye
from mortar import resources
from mortar.messages import Answered, Ask, Context, Exchange, Failure, Message, Sentence
from mortar.runtimes.manifest import MANIFEST
from mortar.settings import Assistant, Settings
from scenes import table, tokens_of

NONSENSE = "compare the roman empire with the british empire in three sentences"
OTHER_WORDS = "tell me what is in the picture"

GERMAN = Settings(assistant=Assistant(language="de"), language=ROOMY.language)


@pytest.fixture(scope="module")
def banana(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Its embeddings: float32 [16, 256]."""
    return tokens_of(table(["banana"], tmp_path_factory.mktemp("scene") / "scene.png"))


@pytest.fixture
def larger(tmp_path: Path) -> Path:
    """The same model, of which nobody says that it was taught only some questions."""
    folder = shutil.copytree(resources.bundled_model(), tmp_path / "larger")
    manifest = (folder / MANIFEST).read_text(encoding="utf-8")
    before, _, after = manifest.partition("[taught]")
    (folder / MANIFEST).write_text(before + after[after.index("[extra") :], encoding="utf-8")
    return folder


def reply(
    banana: np.ndarray,
    question: str,
    *,
    is_free: bool,
    model: Path | None = None,
    settings: Settings = ROOMY,
) -> tuple[Message, list[str]]:
    """The last word on the question, and the sentences before it."""

    async def scenario() -> tuple[Message, list[str]]:
        async with brick_and_eye(settings, model) as (brick, eye):
            if settings is GERMAN:
                brick["assistant"].send(Context([Exchange("was ist das", "Ich sehe einen Drucker.")]))
            await eye.shows(banana, turn=1)
            brick["assistant"].send(Ask(1, question, look=True, is_free=is_free))
            last = await last_word(brick)
            return last, [held.text for held in brick["assistant"].seen if isinstance(held, Sentence)]

    return asyncio.run(scenario())


async def last_word(brick: Brick) -> Message:
    while not isinstance(message := await brick["assistant"].expect(Message), Answered | Failure):
        pass
    return message


@pytest.mark.parametrize("question", [NONSENSE, "is there a hovercraft", "what is the capital of france"])
def test_what_it_was_not_taught_is_refused(banana: np.ndarray, question: str) -> None:
    """Nothing of its guess is said, nor its own "I do not know": what to do is known better."""
    last, said = reply(banana, question, is_free=True)
    assert isinstance(last, Failure) and last.code == "question-not-taught" and last.turn == 1
    assert "larger model" in last.do
    assert said == []


def test_other_words_for_what_it_was_taught_are_answered_where_it_is_sure(banana: np.ndarray) -> None:
    last, said = reply(banana, OTHER_WORDS, is_free=True)
    assert isinstance(last, Answered) and "banana" in last.text
    assert said == [last.text]


def test_what_it_was_taught_is_answered_however_sure_it_is(banana: np.ndarray) -> None:
    """Also with "I do not know", which is then the truth about the picture."""
    last, said = reply(banana, NONSENSE, is_free=False)
    assert isinstance(last, Answered) and last.text
    assert said


def test_a_larger_model_refuses_nothing(banana: np.ndarray, larger: Path) -> None:
    last, said = reply(banana, NONSENSE, is_free=True, model=larger)
    assert isinstance(last, Answered) and last.text
    assert said


def test_asked_in_german_it_answers_in_german(banana: np.ndarray) -> None:
    """It is asked in its own words, and what was said in German before is not given to it to read."""
    last, said = reply(banana, "Siehst du eine Banane?", is_free=False, settings=GERMAN)
    assert isinstance(last, Answered) and last.text == "Ja, ich sehe eine Banane."
    assert said == [last.text] and last.confidence > 0.5


def test_german_that_it_was_not_taught_is_refused(banana: np.ndarray) -> None:
    last, said = reply(banana, "schreib mir ein gedicht", is_free=True, settings=GERMAN)
    assert isinstance(last, Failure) and (last.code, last.turn) == ("question-not-taught", 1)
    assert said == []


def test_a_model_that_may_say_anything_in_english_says_nothing_in_german(
    banana: np.ndarray, larger: Path
) -> None:
    """Only the answers of the templates can be told."""
    last, said = reply(banana, "was siehst du", is_free=False, model=larger, settings=GERMAN)
    assert isinstance(last, Failure) and (last.code, last.turn) == ("model-speaks-other", 1)
    assert said == []


def test_a_model_that_speaks_german_is_asked_in_german(banana: np.ndarray, larger: Path) -> None:
    """Or one whose manifest names no language: what comes is passed on as it is."""
    manifest = larger / MANIFEST
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace('["en"]', '["en", "de"]'), encoding="utf-8"
    )
    last, said = reply(banana, "what do you see", is_free=False, model=larger, settings=GERMAN)
    assert isinstance(last, Answered) and last.text.startswith("I see a banana")
    assert said == [last.text]
