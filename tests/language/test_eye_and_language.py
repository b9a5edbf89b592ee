"""Eye and language as two real processes with a real link, killed and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mortar import resources
from mortar.bricks.language.answer import write
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.runtimes import choose
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings
from mortar_tools.pair import QUESTION, Pair
from scenes import table, tokens_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures, which the camera sees in turn."""
    folder = tmp_path_factory.mktemp("camera")
    table(["cat", "car"], folder / "1.png")
    table(["banana"], folder / "2.png")
    return folder


@pytest.fixture(scope="module")
def answers(folder: Path) -> list[str]:
    """What the two engines answer to each picture, one after the other in this process."""
    settings = Settings()
    model_folder = ModelFolder(resources.bundled_model())
    model = choose.language_model(settings.language, model_folder, lambda: False)
    composer = Composer(model, model_folder.manifest.prompt, settings.language.answer_tok)
    texts = []
    for path in sorted(folder.iterdir()):
        rows = tokens_of(path)
        memory = Memory(model, settings.language.chunk_tok)
        # In the bricks' order: the picture first, the question when it comes.
        memory.bring(composer.compose([], PictureRows(1, len(rows)), None), rows.ctypes.data)
        prompt = composer.compose([], PictureRows(1, len(rows)), QUESTION)
        answer = write(model, memory, prompt, None, settings.language.answer_tok, lambda sentence: None)
        texts.append(answer.text)
    assert texts[0] != texts[1]
    return texts


@pytest.fixture
def pair(folder: Path) -> Iterator[Pair]:
    pair = Pair(folder)
    yield pair
    pair.kill()


def test_pictures_reach_the_language_model_unchanged(pair: Pair, answers: list[str]) -> None:
    """Through shared memory and two processes: the answers are those of the engines side by side."""
    for turn in range(1, 7):
        pair.look(turn)
        assert pair.ask(turn).text == answers[(turn - 1) % 2]


def test_an_eye_that_is_killed_after_looking_is_not_missed(pair: Pair, answers: list[str]) -> None:
    """Its picture is answered; the next eye's ring takes the place of its own."""
    for turn in (1, 3, 5):
        pair.look(turn)
        pair.eye.kill()
        assert pair.ask(turn).text == answers[0]
        pair.new_eye()  # which begins with the first picture again
    pair.look(7)
    assert pair.ask(7).text == answers[0]


def test_a_picture_waits_for_a_language_brick_that_was_killed(pair: Pair, answers: list[str]) -> None:
    """What the eye sees meanwhile is there when it is back, the newest first."""
    for turn in (1, 3, 5):
        pair.look(turn)
        pair.language.kill()
        pair.look(turn + 1)
        pair.new_language()
        assert pair.ask(turn + 1).text == answers[1]
