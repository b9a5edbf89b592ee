"""The cascade through the real eye and language processes: small, then base."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mortar import channel
from mortar.messages import Answered, Ask, Cancel, Escalated, Privacy, Sentence
from mortar.privacy import Closed
from mortar.settings import Cascade, Settings
from mortar_tools.pair import Pair, expect, waiting
from scenes import table

BOTH = Settings(cascade=Cascade(models=["small", "base"]))

EASY, HARD, TOO_HARD = ["key"], ["banana", "apple"], ["pizza", "key", "dog", "cat", "apple"]
"""Of the first small is sure, of the second base is, of the third neither."""


def camera(folder: Path, *scenes: list[str]) -> Path:
    """Pictures that the camera sees in turn."""
    for number, things in enumerate(scenes):
        table(things, folder / f"{number}.png")
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(camera(tmp_path, EASY, HARD, TOO_HARD), BOTH)
    yield pair
    pair.kill()


def answered(pair: Pair, turn: int) -> tuple[Answered, list[str]]:
    """The answer to what a question asks about the next picture, and why models passed it on."""
    pair.look(turn)
    answer = pair.ask(turn)
    return answer, [one.why for one in pair.heard if isinstance(one, Escalated) and one.turn == turn]


def said(pair: Pair, turn: int) -> list[str]:
    return [one.text for one in pair.heard if isinstance(one, Sentence) and one.turn == turn]


def test_who_is_sure_answers(pair: Pair) -> None:
    """The small model where it can, the large one where it cannot; each answer is said once."""
    easy, passed_on = answered(pair, 1)
    assert (easy.model, easy.is_sure, passed_on) == ("small", True, [])
    assert said(pair, 1) == [easy.text] == ["I see a key."]
    hard, passed_on = answered(pair, 2)
    assert (hard.model, hard.is_sure, len(passed_on)) == ("base", True, 1)
    assert said(pair, 2) == [hard.text] == ["I see a banana on the left and an apple on the right."]


def test_where_nobody_is_sure_the_large_model_is_heard_and_not_relied_on(tmp_path: Path) -> None:
    pair = Pair(camera(tmp_path, TOO_HARD), BOTH)
    answer, passed_on = answered(pair, 1)
    assert (answer.model, answer.is_sure, len(passed_on)) == ("base", False, 1)
    assert answer.text and said(pair, 1)
    pair.kill()


def test_two_hard_pictures_in_a_row(tmp_path: Path) -> None:
    """What the large model saw first is not in its answer to the second."""
    pair = Pair(camera(tmp_path, HARD, ["key", "banana"]), BOTH)
    for turn in (1, 2, 3, 4):
        answer, _ = answered(pair, turn)
        assert answer.model == "base"
        assert ("key" in answer.text) == (turn % 2 == 0)
    pair.kill()


def test_a_large_model_that_cannot_be_loaded_leaves_the_small_ones_answer(tmp_path: Path) -> None:
    """Not relied on; and the failure is told."""
    models = ["small", str(tmp_path / "nowhere")]
    (tmp_path / "camera").mkdir()
    pair = Pair(camera(tmp_path / "camera", HARD), Settings(cascade=Cascade(models=models)))
    answer, _ = answered(pair, 1)
    assert (answer.model, answer.is_sure) == ("small", False)
    assert pair.language.failures() == ["model-missing"]
    pair.kill()


def test_an_eye_that_dies_before_the_large_model_sees_leaves_the_small_ones_answer(tmp_path: Path) -> None:
    pair = Pair(camera(tmp_path, HARD), BOTH)
    pair.look(1)
    pair.eye.kill()
    answer = pair.ask(1)
    assert (answer.model, answer.is_sure) == ("small", False)
    pair.new_eye()
    again, _ = answered(pair, 2)
    assert (again.model, again.is_sure) == ("base", True)
    pair.kill()


def test_a_language_brick_that_dies_is_shown_the_large_models_picture_again(pair: Pair) -> None:
    answered(pair, 1)
    assert answered(pair, 2)[0].model == "base"
    pair.language.kill()
    pair.new_language()
    answered(pair, 3)
    answered(pair, 4)
    assert answered(pair, 5)[0].model == "base"


def test_a_camera_that_is_switched_off_shows_the_large_model_nothing(tmp_path: Path) -> None:
    """What it saw is forgotten at once."""
    pair = Pair(camera(tmp_path, HARD), BOTH)
    pair.look(1)
    channel.send(pair.eye.control, Privacy(Closed(microphone=False, camera=True), 1))
    answer = pair.ask(1)
    assert (answer.model, answer.is_sure) == ("small", False)
    pair.kill()


def test_a_question_that_is_taken_back_is_not_passed_on(tmp_path: Path) -> None:
    """Whenever it is: its answer comes as cancelled, once, and the next question is answered."""
    pair = Pair(camera(tmp_path, HARD), BOTH)
    for turn in range(1, 6):
        pair.look(turn)
        channel.send(pair.language.assistant, Ask(turn, "what do you see", look=True))
        if turn % 2:
            expect(pair.language.assistant, Escalated)
        channel.send(pair.language.assistant, Cancel(turn))
        assert expect(pair.language.assistant, Answered).turn == turn
    assert answered(pair, 6)[0].model == "base"
    pair.kill()


def test_a_newer_question_ends_one_that_is_being_passed_on(tmp_path: Path) -> None:
    pair = Pair(camera(tmp_path, HARD, EASY), BOTH)
    pair.look(1)
    channel.send(pair.language.assistant, Ask(1, "what do you see", look=True))
    expect(pair.language.assistant, Escalated)
    pair.look(2)
    channel.send(pair.language.assistant, Ask(2, "what do you see", look=True))
    first, second = (expect(pair.language.assistant, Answered) for _ in range(2))
    assert (first.turn, second.turn, second.model) == (1, 2, "small")
    assert not waiting(pair.language.assistant)
    pair.kill()
