"""What people hear where no model is sure, and what the models are told of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mortar import languages
from mortar.assistant.intents import Understanding
from mortar.messages import Ask, Context, Sentence
from mortar.settings import Cascade, Settings
from talks import DEFAULTS, ListPort, answer, ask_aloud, conversation, speak_all

CAT = "I see a cat."


@pytest.fixture
def port() -> ListPort:
    return ListPort()


def answered(port: ListPort, *, is_sure: bool, cancelled: bool = False, text: str = CAT) -> None:
    """One question, and all that is said to it."""
    talk = conversation(port)
    turn = ask_aloud(talk, "what do you see")
    if text:
        talk.sentence(Sentence(turn, 0, text, 1_300.0), 1_300.0)
    talk.answered(replace(answer(turn, text), is_sure=is_sure, cancelled=cancelled), 1_400.0)
    speak_all(talk, port)


def test_an_answer_that_nobody_is_sure_of_is_given_and_doubted(port: ListPort) -> None:
    answered(port, is_sure=False)
    assert port.said == [CAT, "But I am not sure."]


def test_an_answer_that_is_sure_stands_by_itself(port: ListPort) -> None:
    answered(port, is_sure=True)
    assert port.said == [CAT]


def test_no_answer_at_all_is_not_doubted_besides(port: ListPort) -> None:
    answered(port, is_sure=False, text="")
    assert port.said == ["Sorry, I have no answer to that."]


def test_the_models_are_reminded_of_the_answer_and_not_of_the_doubt(port: ListPort) -> None:
    """A model that reads its own answers does not learn to doubt from them."""
    answered(port, is_sure=False)
    contexts = [held for held in port.to("language", Context) if isinstance(held, Context) and held.earlier]
    assert [exchange.answer for exchange in contexts[-1].earlier] == [CAT]


@pytest.mark.parametrize("tag", languages.known())
def test_every_language_can_say_so(tag: str) -> None:
    assert languages.of(tag).say("assistant.not_sure").endswith(".")


def asked(port: ListPort, question: str, settings: Settings) -> Ask:
    talk = conversation(port, settings)
    ask_aloud(talk, question)
    (ask,) = port.to("language", Ask)
    assert isinstance(ask, Ask)
    return ask


def test_where_two_wordings_are_to_agree_the_question_comes_in_both(port: ListPort) -> None:
    ask = asked(port, "is there a dog", replace(DEFAULTS, cascade=Cascade(agreement=True)))
    english = Understanding()
    assert ask.question == "is there a dog" != ask.again
    assert english.understand(ask.again) == english.understand(ask.question)


def test_otherwise_it_comes_once(port: ListPort) -> None:
    assert asked(port, "is there a dog", DEFAULTS).again == ""
