"""The world of the model: words that can be spoken and heard, pictures that mean one thing each."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pocketsphinx
import pytest

from mortar_tools.cards.things import UNKNOWN, colours, printed, shapes, things, unknown

DICTIONARY = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
FEWEST_THINGS = 100
HALVES = (unknown().taught_words, unknown().kept_words)
WORDS = (*HALVES[0], *HALVES[1])


@pytest.fixture(scope="module")
def pronounceable() -> set[str]:
    """Every word that the bundled ears have a pronunciation of."""
    return {line.split()[0] for line in DICTIONARY.read_text().splitlines()}


def test_printed_things_come_first_then_every_shape_in_every_colour() -> None:
    """A class number is a place in this order, and the number after the last is the unknown card's."""
    assert things()[: len(printed())] == printed()
    coloured = [(thing.shape, thing.colour) for thing in things()[len(printed()) :]]
    assert coloured == [(shape.name, colour.name) for shape, colour in product(shapes(), colours())]
    assert len(things()) == UNKNOWN


def test_there_are_enough_things_to_be_worth_printing() -> None:
    assert len(printed()) >= FEWEST_THINGS


def test_a_coloured_shape_is_said_in_full() -> None:
    said = {thing.name: (thing.article, thing.plural) for thing in things()}
    assert said["red circle"] == ("a", "red circles")
    assert said["orange cross"] == ("an", "orange crosses")


def test_only_printed_things_have_pictograms() -> None:
    assert all(thing.emojis and thing.shape is None and thing.colour is None for thing in printed())
    assert not any(thing.emojis for thing in things()[len(printed()) :])


@pytest.mark.parametrize("half", ["names", "plurals"])
def test_no_two_things_are_called_the_same(half: str) -> None:
    called = [thing.name if half == "names" else thing.plural for thing in (*things(), *WORDS)]
    assert len(set(called)) == len(called)


def test_no_name_is_the_plural_of_another_thing() -> None:
    by_name = {thing.name: thing for thing in (*things(), *WORDS)}
    assert all(by_name.get(thing.plural, thing) is thing for thing in (*things(), *WORDS))


def test_every_word_has_a_pronunciation(pronounceable: set[str]) -> None:
    said = {word for thing in (*things(), *WORDS) for word in f"{thing.name} {thing.plural}".split()}
    assert said - pronounceable == set()


def test_article_follows_the_first_letter() -> None:
    """Words that are spoken otherwise, such as "hour" and "unicorn", have no place in the tables."""
    named = (*things(), *WORDS, *shapes())
    assert [one.name for one in named if one.article != ("an" if one.name[0] in "aeiou" else "a")] == []
    otherwise = ("eu", "heir", "honest", "honor", "hour", "one", "ukulele", "uni", "us")
    assert [one.name for one in named if one.name.startswith(otherwise)] == []


def test_a_word_to_be_unknown_takes_a_plain_s() -> None:
    """The table has no room for any other plural."""
    odd = (
        "s",
        "x",
        "z",
        "ch",
        "sh",
        "lf",
        "rf",
        "ife",
        "man",
        *(f"{letter}y" for letter in "bcdfglmnprstvz"),
    )
    assert [word.name for word in WORDS if word.name.endswith(odd)] == []


def test_kept_words_share_no_stem_with_taught_ones() -> None:
    """Otherwise knowing nothing of "windmill" would be half learnt from "mill"."""
    taught, kept = ([word.name for word in half] for half in HALVES)
    related = [
        (one, other)
        for one, other in product(taught, kept)
        if one.startswith(other) or one.endswith(other) or other.startswith(one) or other.endswith(one)
    ]
    assert related == []


def test_a_pictogram_is_in_one_place_only() -> None:
    """A thing's picture is never an unknown one, and a kept picture is never trained on."""
    of_things = [emoji for thing in things() for emoji in thing.emojis]
    emojis = [*of_things, *unknown().taught_pictures, *unknown().kept_pictures]
    assert len(set(emojis)) == len(emojis)


def test_colours_are_told_apart_by_eye() -> None:
    """Every two differ by a quarter of the range in some channel."""
    rgbs = [colour.rgb for colour in colours()]
    for number, one in enumerate(rgbs):
        for other in rgbs[:number]:
            assert max(abs(a - b) for a, b in zip(one, other, strict=True)) >= 64
