"""How long an answer is waited for, and what is heard meanwhile."""

from __future__ import annotations

import pytest

from mortar.assistant import troubles
from mortar.assistant.conversation import Conversation
from mortar.assistant.stages import Stage
from mortar.messages import (
    Chime,
    Hush,
    Looked,
    Said,
    Say,
    Sentence,
)
from talks import ENGLISH, ListPort, answer, ask_aloud, speak_all


def until(talk: Conversation, t_ms: float) -> None:
    """Nothing happens until then but what the conversation wants to be woken for."""
    while talk.deadline_ms is not None and talk.deadline_ms <= t_ms:
        talk.overdue(talk.deadline_ms)


def ticks(port: ListPort) -> list[Chime]:
    return [chime for chime in port.to("voice", Chime) if chime == Chime("thinking", chime.turn)]


def test_a_turn_that_takes_too_long_is_given_up_twice(talk: Conversation, port: ListPort) -> None:
    """First with an apology; where not even that is spoken, in silence."""
    ask_aloud(talk, "what do you see")
    until(talk, 60_000.0)
    assert port.said == [troubles.TOO_LONG.spoken(ENGLISH)]
    assert talk.turn is not None and talk.deadline_ms == 120_000.0
    until(talk, 120_000.0)
    assert talk.turn is None


def test_a_slow_answer_is_waited_for_with_ticks(talk: Conversation, port: ListPort) -> None:
    """From 1.5 s after the question on, every 2 s, until there is something to say."""
    turn = ask_aloud(talk, "what do you see")  # understood at 1,100 ms
    until(talk, 2_599.0)
    assert ticks(port) == []
    until(talk, 6_599.0)
    assert ticks(port) == [Chime("thinking", turn)] * 2
    talk.sentence(Sentence(turn, 0, "I see a cat.", 6_600.0), 6_600.0)
    until(talk, 20_000.0)
    assert len(ticks(port)) == 2


def test_a_quick_answer_and_a_skill_have_no_tick(talk: Conversation, port: ListPort) -> None:
    """They are there, or ask nobody: what is waited for then is the voice."""
    turn = ask_aloud(talk, "what do you see")
    talk.sentence(Sentence(turn, 0, "I see a cat.", 1_300.0), 1_300.0)
    until(talk, 20_000.0)
    talk.answered(answer(turn, "I see a cat."), 20_000.0)
    speak_all(talk, port)
    ask_aloud(talk, "what time is it")
    until(talk, 20_000.0)
    assert ticks(port) == []


def test_an_interrupted_answer_ticks_no_more(talk: Conversation, port: ListPort) -> None:
    """The next question has a wait of its own."""
    ask_aloud(talk, "what do you see")
    until(talk, 3_000.0)
    talk.woken(3_100.0)
    port.sent.clear()
    until(talk, 20_000.0)
    assert ticks(port) == []


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_said_does_not_wait_for_a_tick(talk: Conversation, port: ListPort, fails: bool) -> None:
    """A tick that has not been played is cut: before the first sentence, and before the error tone."""
    turn = ask_aloud(talk, "what do you see")
    until(talk, 2_600.0)
    port.sent.clear()
    if fails:
        talk.peer_lost("language", 2_610.0)
        talk.said(Said(turn, None, True, 2_620.0), 2_620.0)
    else:
        talk.sentence(Sentence(turn, 0, "I see a cat.", 2_610.0), 2_610.0)
        talk.sentence(Sentence(turn, 1, "And a dog.", 2_620.0), 2_620.0)
    to_voice = [type(message) for peer, message in port.sent if peer == "voice"]
    assert to_voice == ([Hush, Chime, Say] if fails else [Hush, Say, Say])


def test_a_tick_that_is_over_needs_no_cut(talk: Conversation, port: ListPort) -> None:
    """What was played is left alone, and the answer is the first thing said of the turn."""
    turn = ask_aloud(talk, "what do you see")
    until(talk, 2_600.0)
    talk.said(Said(turn, None, False, 2_700.0), 2_700.0)
    talk.sentence(Sentence(turn, 0, "I see a cat.", 2_800.0), 2_800.0)
    assert port.to("voice", Hush) == []


def in_listen(talk: Conversation) -> None:
    talk.woken(0.0)


def in_understand(talk: Conversation) -> None:
    talk.woken(0.0)
    talk.speech_ended(1, 1_000.0)


def in_look(talk: Conversation) -> None:
    """The eye is still looking when the question has long been asked."""
    ask_aloud(talk, "what do you see")


def in_answer(talk: Conversation) -> None:
    turn = ask_aloud(talk, "what do you see")
    talk.looked(Looked(turn, 1, 16, 30.0, 1_200.0), 1_200.0)


def in_speak(talk: Conversation) -> None:
    ask_aloud(talk, "what time is it")


HANGS = {
    Stage.LISTEN: in_listen,
    Stage.UNDERSTAND: in_understand,
    Stage.LOOK: in_look,
    Stage.ANSWER: in_answer,
    Stage.SPEAK: in_speak,
}


@pytest.mark.parametrize("stage", HANGS)
def test_no_stage_is_waited_in_for_ever(talk: Conversation, port: ListPort, stage: Stage) -> None:
    """Whichever brick says nothing more: there is a deadline, an apology, and an end to that too."""
    HANGS[stage](talk)
    assert talk.turn is not None and stage in talk.turn.open
    until(talk, 60_000.0)
    assert port.said[-1] == troubles.TOO_LONG.spoken(ENGLISH)
    until(talk, 120_000.0)
    assert talk.turn is None and [turn.trouble for turn in port.ended] == [troubles.TOO_LONG]


def test_every_stage_that_lasts_is_among_them() -> None:
    """Waking is a moment."""
    assert set(Stage) - HANGS.keys() == {Stage.WAKE}
