"""What Moonshine writes of speech, freely and along a grammar: its real weights, espeak-ng's voice."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache

import pytest

from mortar.assistant.grammar import sentence_grammar
from mortar.runtimes.interfaces import Interrupted, Samples
from mortar.runtimes.moonshine_model import BEGIN, END, Moonshine
from mortar.runtimes.moonshine_search import MARGIN, Written, freely, sentences
from mortar.runtimes.spelling import Speller, Vocabulary, letters
from voices import in_room, pause, speak

BEAM = 8

ASKED = ["what do you see", "where is the banana", "how many dogs are there", "where is the rocket"]
OTHER = ["yesterday i went to the market with my sister", "my brother plays football on saturdays"]
FREE = ["what can you do", "where is the rocket", *OTHER]


def said(text: str) -> Samples:
    return in_room(pause(300), speak(text), pause(160))


@pytest.fixture(scope="module")
def speller(moonshine: Moonshine) -> Speller:
    return Speller(Vocabulary(moonshine.pieces), sentence_grammar([]))


def found(moonshine: Moonshine, speller: Speller, text: str) -> list[Written]:
    rows = moonshine.rows(moonshine.encode(said(text)))
    return sentences(moonshine, rows, speller, BEAM, lambda: False)


@cache
def free(moonshine: Moonshine, text: str) -> Written:
    return freely(moonshine, moonshine.rows(moonshine.encode(said(text))), lambda: False)[0]


def alike(one: str, other: str) -> float:
    return SequenceMatcher(None, letters(one), letters(other)).ratio()


@pytest.mark.parametrize("text", ASKED)
def test_a_sentence_of_the_grammar_comes_back(moonshine: Moonshine, speller: Speller, text: str) -> None:
    """First of those that are likely enough; it fits about as well as free text."""
    best, *others = found(moonshine, speller, text)
    assert speller.sentence(best.text) == text
    assert all(best.fit - MARGIN < other.fit <= best.fit for other in others)
    assert best.fit > free(moonshine, text).fit - 5


@pytest.mark.parametrize("text", OTHER)
def test_other_speech_fits_no_sentence(moonshine: Moonshine, speller: Speller, text: str) -> None:
    """Whatever the grammar makes of it is far less likely than what is written freely."""
    forced = found(moonshine, speller, text)
    assert all(written.fit < free(moonshine, text).fit - 20 for written in forced)


@pytest.mark.parametrize("text", FREE)
def test_free_text_comes_back_roughly(moonshine: Moonshine, text: str) -> None:
    """With no grammar to hold on to, a synthetic voice is understood in part."""
    assert alike(free(moonshine, text).text, text) > 0.8


def test_tokens_stand_between_begin_and_end(moonshine: Moonshine) -> None:
    """As many as are asked for at most; then END is not among them."""
    heard = moonshine.encode(said(ASKED[0]))
    written, tokens = freely(moonshine, moonshine.rows(heard), lambda: False)
    assert (tokens[0], tokens[-1]) == (BEGIN, END)
    assert moonshine.text(tokens) == written.text
    _, fewer = freely(moonshine, moonshine.rows(heard), lambda: False, most=2)
    assert fewer == tokens[:3]


def test_searching_is_given_up_when_asked(moonshine: Moonshine, speller: Speller) -> None:
    """Between two tokens."""
    heard = moonshine.encode(said(ASKED[0]))
    asked = iter([False, False, True])
    with pytest.raises(Interrupted):
        freely(moonshine, moonshine.rows(heard), lambda: next(asked))
    asked = iter([False, False, True])
    with pytest.raises(Interrupted):
        sentences(moonshine, moonshine.rows(heard), speller, BEAM, lambda: next(asked))
