"""Which tokens of the real tokenizer may come next, so that what is written stays in a grammar."""

from __future__ import annotations

import pytest

from mortar.assistant.grammar import sentence_grammar
from mortar.assistant.intents import Understanding
from mortar.runtimes.moonshine_model import Moonshine
from mortar.runtimes.spelling import CONTROL, Speller, Vocabulary, letters
from mortar.word_graph import Grammar, grammar

THINGS = ["car", "carrot", "hot", "hot dog", "dog"]


def questions() -> Grammar:
    return grammar(
        ["where is the {thing}", "set the volume to {level} percent", "help", "help me"],
        {"thing": THINGS, "level": ["ten", "fifty"]},
    )


def speller_of(moonshine: Moonshine, held: Grammar) -> Speller:
    return Speller(Vocabulary(moonshine.pieces), held)


def can_write(moonshine: Moonshine, speller: Speller, text: str) -> bool:
    """Always with the token that writes most of what is left."""
    rest, places = letters(text), speller.start
    while rest:
        following = speller.next(places)
        ways = {
            letters(moonshine.pieces[token]): leads_to
            for token, leads_to in zip(following.tokens, following.places, strict=True)
            if rest.startswith(letters(moonshine.pieces[token]))
        }
        if not (longest := max(ways, key=len, default="")):
            return False
        rest, places = rest[len(longest) :], ways[longest]
    return speller.next(places).may_end


@pytest.mark.parametrize("thing", THINGS)
def test_a_name_that_begins_another_can_be_written_and_so_can_the_other(
    moonshine: Moonshine, thing: str
) -> None:
    """The same letters lead to several places, and all of them are followed."""
    assert can_write(moonshine, speller_of(moonshine, questions()), f"Where is the {thing}?")


@pytest.mark.parametrize("text", ["Help.", "Help me!", "HELP ME"])
def test_a_sentence_that_begins_another_may_end_and_may_go_on(moonshine: Moonshine, text: str) -> None:
    assert can_write(moonshine, speller_of(moonshine, questions()), text)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("Set the volume to fifty percent.", "set the volume to fifty percent"),
        ("Set the volume to 50%", "set the volume to fifty percent"),
        ("Set the volume to 10 percent!", "set the volume to ten percent"),
        ("Where is the hotdog?", "where is the hot dog"),
    ],
)
def test_numbers_and_spaces_are_the_models_own(moonshine: Moonshine, written: str, sentence: str) -> None:
    """It may write them as it likes, and they are read as the sentence that was meant."""
    speller = speller_of(moonshine, questions())
    assert can_write(moonshine, speller, written)
    assert speller.sentence(written) == sentence


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("Set a timer for 25 minutes.", "set a timer for twenty five minutes"),
        ("Set a timer for twenty-five minutes.", "set a timer for twenty five minutes"),
        ("Set a timer for 20 minutes.", "set a timer for twenty minutes"),
        ("Wake me at 7:25.", "wake me at seven twenty five"),
        ("Wake me at 7:05 a.m.", "wake me at seven oh five a m"),
    ],
)
def test_a_number_of_two_words_is_one_of_two_digits(
    moonshine: Moonshine, written: str, sentence: str
) -> None:
    number = ["five", "seven", "twenty", "twenty five"]
    held = grammar(
        ["set a timer for {number} minutes", "wake me at {number} {number}", "wake me at seven oh five a m"],
        {"number": number},
    )
    speller = speller_of(moonshine, held)
    assert can_write(moonshine, speller, written)
    assert speller.sentence(written) == sentence


@pytest.mark.parametrize("text", ["Where is the", "Where is the ca", "Where is the zebra", "Help me now", ""])
def test_what_is_no_sentence_cannot_be_written(moonshine: Moonshine, text: str) -> None:
    """Nor is it read as one."""
    speller = speller_of(moonshine, questions())
    assert not can_write(moonshine, speller, text)
    assert speller.sentence(text) is None


def test_every_sentence_of_the_templates_can_be_written(moonshine: Moonshine) -> None:
    """And is read as itself: every third of them, the wake word before every other."""
    speller = speller_of(moonshine, sentence_grammar(["okay nabu"]))
    sentences = [text.strip() for _, text in Understanding().sentences(entries=1)][::3]
    assert len(sentences) > 50
    for number, sentence in enumerate(sentences):
        asked = f"okay nabu {sentence}" if number % 2 else sentence
        assert can_write(moonshine, speller, f"{asked.capitalize()}?"), asked
        assert letters(speller.sentence(asked) or "") == letters(asked)


def test_a_token_may_span_words_and_a_word_may_span_tokens() -> None:
    """Case, spaces and punctuation of a token don't count; tokens that are no text stay out of it."""
    pieces = ["<unk>", "<s>", "</s>", "What is", " IT", "wh", "at", " is it?", "item", "é", "w", "it\n"]
    following = Vocabulary(pieces)
    speller = Speller(following, grammar(["what is it"], {}))
    first = speller.next(speller.start)
    assert {pieces[token] for token in first.tokens} == {"What is", "wh", "w"}
    assert not first.may_end
    places = dict(zip((pieces[token] for token in first.tokens), first.places, strict=True))
    then = speller.next(places["What is"])
    assert {pieces[token] for token in then.tokens} == {" IT"}
    assert speller.next(then.places[0]).may_end


def test_control_tokens_are_never_written(moonshine: Moonshine) -> None:
    """BEGIN and END are the search's business."""
    speller = speller_of(moonshine, questions())
    assert not set(CONTROL) & set(speller.next(speller.start).tokens.tolist())
