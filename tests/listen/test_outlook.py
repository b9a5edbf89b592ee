"""Whether a person who has said so much can have ended, computed from the sentence templates."""

from __future__ import annotations

import random

import pytest

from mortar import languages
from mortar.assistant.intents import Understanding
from mortar.assistant.outlook import SURE, Sentences
from mortar.messages import Outlook

SENTENCES = Sentences()
ADDS_NOTHING = set(languages.of().speech.adds_nothing)


@pytest.mark.parametrize(
    "text",
    ["how many cups are there", "where is the key", "stop", "tell me the time", "what time is it now"],
)
def test_a_sentence_that_cannot_go_on_is_closed(text: str) -> None:
    assert SENTENCES.outlook(text, 1.0) is Outlook.CLOSED


@pytest.mark.parametrize("text", ["how many cups", "what do you see"])
def test_a_sentence_that_longer_ones_begin_with_may_go_on(text: str) -> None:
    """ "... are there", "... on the left"."""
    assert SENTENCES.outlook(text, 1.0) is Outlook.OPEN


def test_nobody_is_waited_for_to_say_what_adds_nothing() -> None:
    """ "What time is it" may end in "now", and means the same; whatever may end so means the same without."""
    assert SENTENCES.outlook("what time is it", 1.0) is Outlook.CLOSED
    understanding = Understanding()
    ended = set()
    for _, text in understanding.sentences(entries=12):
        beginning, _, last = text.rpartition(" ")
        if last in ADDS_NOTHING and (shorter := understanding.understand(beginning)) is not None:
            assert understanding.understand(text) == shorter, text
            ended.add(last)
    assert ended == ADDS_NOTHING, "a word that no sentence ends with is no use"


@pytest.mark.parametrize(
    "text", ["what is", "where is the", "are there more cups than", "how many red", None]
)
def test_half_a_sentence_is_waited_for(text: str | None) -> None:
    """Also what the recogniser rejects: it may become a sentence yet."""
    assert SENTENCES.outlook(text, 1.0) is Outlook.UNFINISHED


def test_a_sentence_that_is_not_sure_ends_nothing_early() -> None:
    assert SENTENCES.outlook("where is the key", SURE - 0.01) is Outlook.OPEN


def test_what_no_template_has_keeps_the_usual_patience() -> None:
    """Dictated by a larger recogniser, with its capitals and its punctuation."""
    assert SENTENCES.outlook("Please tell me a story.", 1.0) is Outlook.OPEN
    assert SENTENCES.outlook("Where's the key?", 1.0) is Outlook.CLOSED


def test_every_sentence_is_whole_and_every_beginning_goes_on() -> None:
    """200 drawn from all that the templates make."""
    every = [text for _, text in Understanding().sentences(entries=12)]
    for text in random.Random(7).sample(every, 200):
        assert SENTENCES.outlook(text, 1.0) is not Outlook.UNFINISHED, text
        beginning = text.rpartition(" ")[0]
        if beginning and text.split()[-1] not in ADDS_NOTHING:
            assert SENTENCES.outlook(beginning, 1.0) is not Outlook.CLOSED, beginning
