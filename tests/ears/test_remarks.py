"""What somebody says over the assistant, cut out by how loud it is, and when it stops the assistant."""

from __future__ import annotations

import numpy as np
import pytest

from mortar.bricks.guard import LATEST_SAMPLES, Guard
from mortar.bricks.remarks import BLOCK, Remarks
from mortar.messages import Remark, Remarked
from mortar.runtimes.interfaces import Samples
from mortar_tools.echo.room import Room, echo_path
from voices import RATE_Hz, in_room, pause, speak

ANSWER = speak("I see a cat on the left, and two dogs and a banana on the right of it.")

END = 2 * len(ANSWER)
"""A sample soon behind the remark."""


def over_the_answer(word: str, voice: str = "en-us", echo_dB: float = -10.0) -> Samples:
    """An answer twice over, through the room, and somebody who says `word` into the second."""
    room = Room(echo_path(echo_dB, 3), 3)
    played = np.concatenate([ANSWER, ANSWER, pause(300)])
    heard = []
    for at in range(0, len(played) - BLOCK, BLOCK):
        if at // BLOCK == len(ANSWER) * 3 // 2 // BLOCK:
            room.person(speak(word, voice))
        heard.append(room.block(played[at : at + BLOCK]))
    return np.concatenate(heard)


def remarks_in(sound: Samples, remarks: Remarks | None = None) -> list[Remark]:
    remarks = remarks or Remarks()
    added = [remarks.add(block, at * BLOCK) for at, block in enumerate(blocks(sound), start=1)]
    return [remark for remark in added if remark is not None]


def blocks(sound: Samples) -> list[Samples]:
    return [sound[at : at + BLOCK] for at in range(0, len(sound) - BLOCK + 1, BLOCK)]


@pytest.mark.parametrize("echo_dB", [-10.0, -20.0])
def test_a_remark_is_cut_out_with_a_little_round_it(echo_dB: float) -> None:
    """All of the word, what was before it, and the pause that ended it."""
    sound = over_the_answer("stop", "en-gb", echo_dB)
    (remark,) = remarks_in(sound)
    assert remark.loud_from - remark.from_sample == Remarks.LEAD_BLOCKS * BLOCK
    assert remark.to_sample - remark.loud_to == Remarks.PAUSE_BLOCKS * BLOCK
    word = np.square(speak("stop", "en-gb").astype(float)).sum()
    loud = np.square(sound[remark.loud_from : remark.loud_to].astype(float)).sum()
    assert loud > 0.8 * word


def test_where_the_echo_is_louder_nobody_can_tell() -> None:
    assert not remarks_in(over_the_answer("stop", echo_dB=6.0))


def test_its_own_voice_is_not_louder_than_itself() -> None:
    """A whole answer with its pauses, in a quiet room."""
    assert not remarks_in(in_room(speak("I see a cat."), pause(500), speak("There are two dogs. Stop.")))


def test_a_radio_in_the_next_room_is_not_meant() -> None:
    """With headphones there is no echo at all: then not everything that is heard is an interruption."""
    sound = np.random.default_rng(0).normal(0, 4, 4 * RATE_Hz)
    sound[2 * RATE_Hz : 2 * RATE_Hz + len(speak("stop"))] += speak("stop") * 0.01
    assert not remarks_in(sound.astype(np.int16))


def test_a_new_noise_is_what_the_room_sounds_like_after_a_while() -> None:
    """A fan that is switched on is no remark, and does not hide one for ever."""
    drawn = np.random.default_rng(0)
    quiet, fan = drawn.normal(0, 300, 3 * RATE_Hz), drawn.normal(0, 1_000, 9 * RATE_Hz)
    remarks = Remarks()
    assert not remarks_in(np.concatenate([quiet, fan]).astype(np.int16), remarks)
    assert not remarks.somebody_speaks
    fan[RATE_Hz : RATE_Hz + len(speak("stop"))] += speak("stop")
    assert len(remarks_in(fan.astype(np.int16), remarks)) == 1


def test_who_interrupted_is_not_taken_for_the_echo() -> None:
    """The next answer can be interrupted by the same person, as loud as before."""
    remarks = Remarks()
    echo = (ANSWER * 0.1).astype(np.int16)
    for _ in range(2):
        assert not remarks_in(echo, remarks)
        remarks_in(speak("stop"), remarks)
        assert remarks.somebody_speaks
        remarks.end()


SAID = Remarked(1, "stop")
"""What listen makes of the first remark."""


def over(saying: str) -> Guard:
    """Of an assistant that says `saying`, when "stop" has been cut out of it and listen has it."""
    guard = Guard()
    guard.speaks(saying, 0)
    sound = over_the_answer("stop")
    told = [guard.remark(block, at * BLOCK) for at, block in enumerate(blocks(sound), start=1)]
    assert [remark.number for remark in told if remark is not None] == [SAID.number]
    return guard


def test_a_phrase_stops_it_once() -> None:
    guard = over("I see a cat.")
    assert guard.stop(SAID, END) == "stop"
    assert guard.stop(SAID, END) is None


@pytest.mark.parametrize("remarked", [Remarked(1, None), Remarked(2, "stop")], ids=["none", "unknown"])
def test_what_is_no_phrase_stops_nothing(remarked: Remarked) -> None:
    assert over("I see a cat.").stop(remarked, END) is None


def test_stop_is_its_own_word_where_the_sentence_has_it() -> None:
    guard = over("The bus does not stop here.")
    assert guard.stop(SAID, END) is None
    assert guard.figures["own_stops"] == 1


def test_an_answer_that_comes_late_stops_nothing() -> None:
    """Listen was busy, or the assistant has ended and says something else by now."""
    assert over("I see a cat.").stop(SAID, END + LATEST_SAMPLES) is None
    guard = over("I see a cat.")
    guard.speaks("", END)
    guard.speaks("I see a dog.", END)
    assert guard.stop(SAID, END) is None


def test_nothing_is_cut_out_while_it_is_silent() -> None:
    guard = Guard()
    sound = over_the_answer("stop")
    assert not any(guard.remark(block, at) for at, block in enumerate(blocks(sound)))
