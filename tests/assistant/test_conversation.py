"""The conversation, driven message by message with no process and no clock."""

from __future__ import annotations

import pytest

from mortar.assistant import troubles
from mortar.assistant.conversation import Conversation
from mortar.assistant.stages import MAY_FOLLOW, Stage
from mortar.messages import (
    Ask,
    Cancel,
    Context,
    Heard,
    Hush,
    Look,
    Looked,
    Partial,
    Rest,
    Said,
    Sentence,
)
from mortar.settings import Settings
from talks import ENGLISH, ListPort, answer, ask_aloud, conversation, speak_all


def test_looking_starts_at_the_wake_word(talk: Conversation, port: ListPort) -> None:
    """The picture is asked for before the person has said anything."""
    talk.woken(0.0)
    assert port.to("eye", Look) == [Look(1)]


def test_no_early_look_where_it_is_switched_off(port: ListPort) -> None:
    """`assistant.early_looking = false`: the eye is asked only once a question needs it."""
    import msgspec

    settings = msgspec.convert({"assistant": {"early_looking": False}}, Settings)
    talk = conversation(port, settings)
    talk.woken(0.0)
    assert port.to("eye", Look) == []
    talk.speech_ended(1, 1.0)
    talk.heard(Heard(1, "what do you see", 0.9, 1.0), 1.0)
    assert port.to("eye", Look) == [Look(1)]


def test_free_text_goes_to_the_language_brick_as_it_was_said(talk: Conversation, port: ListPort) -> None:
    """Dictation hears what no template has; a template that is met all the same is not missed."""
    turn = ask_aloud(talk, "Tell me a story, please.")
    assert port.to("language", Ask) == [Ask(turn, "Tell me a story, please.", look=True, is_free=True)]
    talk.answered(answer(turn, ""), 1_500.0)
    speak_all(talk, port)
    ask_aloud(talk, "What time is it?")
    assert port.said[-1].startswith("It is nine")
    assert len(port.to("language", Ask)) == 1


def test_words_are_shown_while_they_are_spoken(talk: Conversation, port: ListPort) -> None:
    """Between the wake word and what was heard, and at no other time; they decide nothing."""
    talk.partly_heard(Partial(1, "tell", 100.0))
    assert "partial" not in port.events
    talk.woken(200.0)
    talk.partly_heard(Partial(1, "tell me", 300.0))
    talk.speech_ended(1, 400.0)
    talk.partly_heard(Partial(1, "tell me a", 500.0))
    talk.heard(Heard(1, "what time is it", 0.9, 600.0), 600.0)
    talk.partly_heard(Partial(1, "tell me a story", 700.0))
    assert port.events.count("partial") == 2
    assert port.to("language", Ask) == []


def test_a_picture_question_goes_to_the_language_brick(talk: Conversation, port: ListPort) -> None:
    """Sentences are spoken while the rest is generated; the turn ends when all is said."""
    turn = ask_aloud(talk, "what do you see")
    assert port.to("language", Ask) == [Ask(turn, "what do you see", look=True)]
    talk.looked(Looked(turn, 1, 16, 30.0, 1_200.0), 1_200.0)
    talk.sentence(Sentence(turn, 0, "I see a cat.", 1_300.0), 1_300.0)
    assert port.said == ["I see a cat."]
    talk.said(Said(turn, 0, False, 1_400.0), 1_400.0)
    assert talk.turn is not None, "more sentences may come"
    talk.answered(answer(turn, "I see a cat."), 1_500.0)
    assert talk.turn is None
    assert port.ended[0].answer == "I see a cat."


@pytest.mark.parametrize(
    ("question", "is_free"),
    [
        ("what colour is the circle", False),
        ("are there more cups than cats", False),
        ("what is between the cat and the red square", False),
        ("is there a robot", True),
        ("how heavy is the cat", True),
    ],
)
def test_every_question_goes_in_the_words_it_was_asked(
    talk: Conversation, port: ListPort, question: str, is_free: bool
) -> None:
    """Also where no template matches: only the model knows what it doesn't know, and is told that none
    does. `mortar describe` wants its answer whatever that is."""
    turn = ask_aloud(talk, question)
    talk.asked(question, 2_000.0)
    assert port.to("language", Ask) == [
        Ask(turn, question, look=True, is_free=is_free),
        Ask(turn + 1, question, look=True),
    ]


def test_a_skill_answers_without_the_language_brick(talk: Conversation, port: ListPort) -> None:
    """The time is told at once, from the templates."""
    ask_aloud(talk, "what time is it")
    assert port.to("language", Ask) == []
    assert "nine" in port.said[0]
    speak_all(talk, port)
    assert port.ended[0].trouble is None


def test_words_may_overtake_the_end_of_the_speech(talk: Conversation, port: ListPort) -> None:
    """Ears and listen have a link each: what was heard may arrive before the end of the speech."""
    talk.woken(0.0)
    talk.heard(Heard(1, "what time is it", 0.9, 1_000.0), 1_000.0)
    assert port.said == []
    talk.speech_ended(1, 1_000.0)
    assert "nine" in port.said[0]


def test_the_next_turn_is_reminded_of_the_last_answer(talk: Conversation, port: ListPort) -> None:
    """The image leaves after the turn, its text stays."""
    turn = ask_aloud(talk, "what do you see")
    talk.sentence(Sentence(turn, 0, "I see a cat.", 0.0), 0.0)
    talk.answered(answer(turn, "I see a cat."), 0.0)
    speak_all(talk, port)
    context = port.to("language", Context)[-1]
    assert isinstance(context, Context)
    assert [exchange.answer for exchange in context.earlier] == ["I see a cat."]


def test_the_wake_word_interrupts_an_answer(talk: Conversation, port: ListPort) -> None:
    """Voice falls silent, the language brick stops, ears keep what they are capturing."""
    turn = ask_aloud(talk, "what do you see")
    talk.sentence(Sentence(turn, 0, "I see a cat.", 0.0), 0.0)
    port.sent.clear()
    talk.woken(1_600.0)
    assert ("voice", Hush()) in port.sent
    assert ("language", Cancel(turn)) in port.sent
    assert port.to("ears", Rest) == []
    talk.sentence(Sentence(turn, 1, "And a dog.", 0.0), 0.0)
    assert "And a dog." not in port.said, "what the old turn still sends is not spoken"


def test_no_speech_and_nonsense_are_said_aloud(talk: Conversation, port: ListPort) -> None:
    """Woken for nothing, or not understood."""
    talk.woken(0.0)
    talk.no_speech(5_000.0)
    assert port.said == [troubles.NO_SPEECH.spoken(ENGLISH)]
    ask_aloud(talk, None)
    assert port.said[-1] == troubles.NOT_UNDERSTOOD.spoken(ENGLISH)


def test_a_model_that_says_nothing_is_apologised_for(talk: Conversation, port: ListPort) -> None:
    turn = ask_aloud(talk, "what do you see")
    talk.answered(answer(turn, "", n_tok=0), 1_400.0)
    assert port.said == [troubles.NO_ANSWER.spoken(ENGLISH)]
    speak_all(talk, port)
    assert [held.trouble.code for held in port.ended if held.trouble] == ["no-answer"]


def test_a_typed_question_is_answered_as_one_that_was_said(talk: Conversation, port: ListPort) -> None:
    """A skill at once; what no skill knows goes to the language model, in its words. It ends what went on."""
    talk.typed("who are you", 0.0)
    assert port.said[-1].startswith("I am Mortar")
    talk.typed("is there a cat", 100.0)
    assert port.events.count("interrupted") == 1
    assert [(turn.heard, turn.intent) for turn in port.ended] == [("who are you", "WhoAreYou")]
    assert [ask.question for ask in port.to("language", Ask) if isinstance(ask, Ask)] == ["is there a cat"]


def test_stages_only_follow_those_that_the_table_names(talk: Conversation, port: ListPort) -> None:
    """What listen or ears say in the wrong stage changes nothing."""
    talk.heard(Heard(9, "what time is it", 0.9, 0.0), 0.0)
    talk.speech_ended(9, 0.0)
    talk.no_speech(0.0)
    assert port.sent == [] and port.events == []
    assert Stage.LOOK not in MAY_FOLLOW
    assert MAY_FOLLOW[Stage.UNDERSTAND] == {Stage.LISTEN}


def test_events_of_a_whole_turn_come_in_order(talk: Conversation, port: ListPort) -> None:
    """Every stage that starts also ends."""
    turn = ask_aloud(talk, "what do you see")
    talk.looked(Looked(turn, 1, 16, 30.0, 0.0), 0.0)
    talk.sentence(Sentence(turn, 0, "I see a cat.", 0.0), 0.0)
    talk.answered(answer(turn, "I see a cat."), 0.0)
    speak_all(talk, port)
    assert port.events == [
        "listen_start",
        "look_start",
        "listen_end",
        "understand_start",
        "understand_end",
        "answer_start",
        "look_end",
        "sentence",
        "speak_start",
        "answer_end",
        "speak_end",
        "follow_up_start",
    ]


def test_a_typed_question_needs_no_voice(port: ListPort) -> None:
    """`mortar describe` has no speaker: the turn ends with the answer."""
    talk = conversation(port, speaks=False)
    talk.asked("what do you see", 0.0)
    talk.sentence(Sentence(1, 0, "I see a cat.", 1.0), 1.0)
    talk.answered(answer(1, "I see a cat."), 2.0)
    assert [turn.answer for turn in port.ended] == ["I see a cat."]
    assert port.said == []
