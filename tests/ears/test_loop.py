"""The simulated loop that evaluations drive: real ears, recogniser and conversation round a room."""

from __future__ import annotations

from itertools import repeat

import numpy as np
import pytest

from mortar.settings import Settings
from mortar_tools.echo.command import answers
from mortar_tools.echo.engines import Engines, settings
from mortar_tools.echo.loop import Loop
from mortar_tools.echo.pauses import hesitant
from mortar_tools.echo.room import BLOCK, DELAY_ms, RATE_Hz, Room, echo_path
from voices import pause, speak

ANSWER = ["I see a cat on the left, and two dogs on the right.", "There is a banana between them."]


@pytest.fixture(scope="module")
def engines() -> Engines:
    return Engines(settings())


def loop(engines: Engines, echo_dB: float = -20.0) -> Loop:
    return Loop(engines, Room(echo_path(echo_dB, 1)), repeat(ANSWER))


@pytest.mark.parametrize("level_dB", [-10.0, -20.0])
def test_an_echo_is_as_loud_as_asked_and_late(level_dB: float) -> None:
    """White noise, whose level does not depend on where in the spectrum the room is loud."""
    room = Room(echo_path(level_dB, 3))
    played = np.random.default_rng(0).normal(0, 3_000, 60 * BLOCK).astype(np.int16)
    heard = np.concatenate([room.block(played[at : at + BLOCK]) for at in range(0, len(played), BLOCK)])
    assert np.abs(heard[: DELAY_ms * RATE_Hz // 1_000 - BLOCK]).max() < 60, "nothing yet but the room"
    change_dB = 20 * np.log10(heard[RATE_Hz:].std() / played[RATE_Hz:].std())
    assert change_dB == pytest.approx(level_dB, abs=1.0)


def test_a_whole_answer_wakes_and_stops_nothing(engines: Engines) -> None:
    """It speaks, hears itself, waits for a follow-up, and rests."""
    held = loop(engines, -10.0)
    held.press()
    held.run(9_000)
    assert [turn.spoken for turn in held.turns] == [" ".join(ANSWER)]
    assert held.happened("follow_up_end") and held.is_idle


def test_stop_is_heard_and_what_was_not_spoken_is_not_remembered(engines: Engines) -> None:
    held = loop(engines)
    held.press()
    held.run(1_500)
    held.person(speak("stop"))
    held.run(2_000)
    assert held.happened("hushed")
    assert 0 < len(held.turns[0].spoken) < len(" ".join(ANSWER))
    assert " ".join(ANSWER).startswith(held.turns[0].spoken)


def test_what_is_no_stop_only_holds_an_answer(engines: Engines) -> None:
    """It is silent before they have ended, hears them out, and says all that it had to say."""
    held = loop(engines)
    held.press()
    held.run(1_500)
    remark = speak("that is nice")
    held.person(remark)
    since = held.position
    held.run(9_000)
    assert since < held.happened("held")[0] < since + len(remark)
    assert [turn.spoken for turn in held.turns] == [" ".join(ANSWER)]


def test_the_wake_word_interrupts_and_the_new_question_is_answered(engines: Engines) -> None:
    held = loop(engines)
    held.press()
    held.run(1_500)
    held.person(np.concatenate([speak("okay nabu"), pause(300), speak("what time is it")]))
    held.run(4_500)
    assert [turn.heard for turn in held.turns][:2] == ["what do you see", "what time is it"]
    assert held.turns[0].spoken != " ".join(ANSWER)


def test_a_follow_up_needs_no_wake_word(engines: Engines) -> None:
    held = loop(engines)
    held.press()
    while not held.happened("follow_up_start"):
        held.step()
    held.run(300)
    held.person(speak("where is the banana"))
    while len(held.turns) < 2:
        held.step()
    assert held.turns[1].heard == "where is the banana"


def test_hesitant_questions_are_whole_when_put_together() -> None:
    """As many as asked for, the same for the same seed."""
    parted = hesitant(30, seed=5)
    assert parted == hesitant(30, seed=5) and len(parted) == 30
    understanding = Engines(Settings()).understanding
    assert all(understanding.understand(" ".join(words)) for words in parted)


def test_some_answers_have_commands_in_them() -> None:
    """Without them, the guard would have nothing to do."""
    said = " ".join(text for _, three in zip(range(60), answers(1), strict=False) for text in three).lower()
    assert all(word in said for word in ("stop", "okay nabu", "what time is it"))
