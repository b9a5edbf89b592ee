"""Falling silent at once, and remembering of an answer only what was heard of it."""

from __future__ import annotations

import pytest

from mortar.assistant.conversation import Conversation
from mortar.assistant.stages import Press
from mortar.messages import Cancel, Context, Exchange, GoOn, Hold, Hush, Rest, Said, Say, Speaking
from talks import ListPort, ask_aloud, look_answered, sounds, speak_all

SENTENCES = ("I see a cat and two dogs.", "There is a banana too.", "That is all.")


def earlier(port: ListPort) -> list[Exchange]:
    """What the language model was reminded of last."""
    context = port.to("language", Context)[-1]
    assert isinstance(context, Context)
    return context.earlier


def test_stop_silences_an_answer(talk: Conversation, port: ListPort) -> None:
    """Voice and model end at once, and the wake word is waited for: nothing is asked any more."""
    turn = look_answered(talk, port, *SENTENCES)
    sounds(talk, turn)
    port.sent.clear()
    talk.stopped(1_600.0)
    assert port.sent[:2] == [("voice", Hush()), ("ears", Speaking(""))]
    assert ("language", Cancel(turn)) in port.sent
    assert port.sent[-1] == ("ears", Rest())
    assert talk.turn is None


def test_an_answer_is_held_while_somebody_speaks_over_it(talk: Conversation, port: ListPort) -> None:
    """And goes on where that was no "stop"; the turn notices nothing of it."""
    turn = look_answered(talk, port, *SENTENCES)
    sounds(talk, turn)
    talk.spoken_over(True, 1_600.0)
    assert port.sent[-1] == ("voice", Hold())
    talk.spoken_over(False, 2_400.0)
    assert port.sent[-1] == ("voice", GoOn())
    assert talk.turn is not None and talk.turn.number == turn


def test_what_was_stopped_does_not_go_on(talk: Conversation, port: ListPort) -> None:
    """The ears tell of the "stop" first, and then that nobody speaks."""
    sounds(talk, look_answered(talk, port, *SENTENCES))
    talk.spoken_over(True, 1_600.0)
    talk.stopped(1_900.0)
    talk.spoken_over(False, 1_900.0)
    assert port.to("voice", Hush) and not port.to("voice", GoOn)


def test_a_noisy_room_does_not_chop_an_answer_up(talk: Conversation, port: ListPort) -> None:
    """Held twice, it is said to its end whoever speaks; the next answer is held again."""
    for _ in range(2):
        sounds(talk, look_answered(talk, port, *SENTENCES))
        for second in range(5):
            talk.spoken_over(True, 2_000.0 + 1_000 * second)
            talk.spoken_over(False, 2_500.0 + 1_000 * second)
        speak_all(talk, port)
    assert len(port.to("voice", Hold)) == len(port.to("voice", GoOn)) == 4


def test_nobody_waits_for_ears_that_died(talk: Conversation, port: ListPort) -> None:
    """They would have told when the answer may go on."""
    sounds(talk, look_answered(talk, port, *SENTENCES))
    talk.spoken_over(True, 1_600.0)
    talk.peer_lost("ears", 1_700.0)
    assert port.sent[-1] == ("voice", GoOn())


@pytest.mark.parametrize("stage", ["nothing", "listening", "thinking"])
def test_nothing_is_held_where_nothing_is_said(talk: Conversation, port: ListPort, stage: str) -> None:
    if stage == "listening":
        talk.woken(0.0)
    if stage == "thinking":
        ask_aloud(talk, "what do you see")
    before = list(port.sent)
    talk.spoken_over(True, 1_600.0)
    talk.spoken_over(False, 1_900.0)
    assert port.sent == before


@pytest.mark.parametrize("stage", ["nothing", "listening", "thinking"])
def test_stop_does_nothing_where_nothing_is_said(talk: Conversation, port: ListPort, stage: str) -> None:
    """It was heard too late, or was never meant."""
    if stage == "listening":
        talk.woken(0.0)
    if stage == "thinking":
        ask_aloud(talk, "what do you see")
    before, turn = list(port.sent), talk.turn
    talk.stopped(1_600.0)
    assert port.sent == before and talk.turn is turn


@pytest.mark.parametrize("interrupt", ["stop", "wake word", "button"])
def test_only_what_was_heard_is_remembered(talk: Conversation, port: ListPort, interrupt: str) -> None:
    """The first sentence, and of the second as much of its words as of its sound; voice tells afterwards."""
    turn = look_answered(talk, port, *SENTENCES)
    talk.said(Said(turn, 0, False, 2_000.0), 2_000.0)
    match interrupt:
        case "stop":
            talk.stopped(2_500.0)
        case "wake word":
            talk.woken(2_500.0)
        case "button":
            talk.pressed(Press.SHORT, 2_500.0)
    talk.said(Said(turn, 1, True, 2_510.0, played=0.5), 2_510.0)
    talk.said(Said(turn, 2, True, 2_510.0), 2_510.0)
    assert earlier(port) == [Exchange("what do you see", "I see a cat and two dogs. There is")]


def test_an_answer_that_nobody_heard_is_not_remembered(talk: Conversation, port: ListPort) -> None:
    """Stopped before its first word: the turn before it is the last one."""
    look_answered(talk, port, "I see a dog.")
    speak_all(talk, port)
    turn = look_answered(talk, port, "I see a cat.")
    talk.stopped(2_500.0)
    talk.said(Said(turn, 0, True, 2_510.0, played=0.0), 2_510.0)
    assert earlier(port) == [Exchange("what do you see", "I see a dog.")]
    talk.pressed(Press.DOUBLE, 3_000.0)
    assert port.said[-1] == "I see a dog."


def test_a_sentence_that_ended_just_before_the_hush_was_heard(talk: Conversation, port: ListPort) -> None:
    """Its report and the hush pass each other on the link."""
    turn = look_answered(talk, port, "I see a cat.", "And a dog.")
    talk.stopped(2_500.0)
    talk.said(Said(turn, 0, False, 2_499.0), 2_501.0)
    talk.said(Said(turn, 1, True, 2_500.0), 2_501.0)
    assert earlier(port)[-1].answer == "I see a cat."


def test_an_apology_is_not_remembered(talk: Conversation, port: ListPort) -> None:
    ask_aloud(talk, None)
    speak_all(talk, port)
    assert earlier(port) == []


def test_the_ears_know_what_is_being_said(talk: Conversation, port: ListPort) -> None:
    """Each sentence from its first sound, and silence after the last; earcons are no words."""
    turn = look_answered(talk, port, "I see a cat.", "And a dog.")
    for index in range(2):
        sounds(talk, turn, index)
        talk.said(Said(turn, index, False, 0.0), 0.0)
    assert port.to("ears", Speaking) == [Speaking("I see a cat."), Speaking("And a dog."), Speaking("")]


def test_a_voice_that_dies_is_silent(talk: Conversation, port: ListPort) -> None:
    """The ears do not wait for an echo that will not come."""
    turn = look_answered(talk, port, "I see a cat.")
    sounds(talk, turn)
    talk.peer_lost("voice", 1_600.0)
    assert port.to("ears", Speaking)[-1] == Speaking("")
    talk.peer_back("voice", 1_900.0)
    assert port.to("voice", Say)[-1] == Say(turn, 0, "I see a cat.")
