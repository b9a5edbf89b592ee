"""Sentences are cut from text that comes piece by piece."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.language.sentences import SentenceSplitter


def split(*pieces: str) -> list[str]:
    splitter = SentenceSplitter()
    whole = [sentence for piece in pieces for sentence in splitter.feed(piece)]
    rest = splitter.rest()
    return whole if rest is None else [*whole, rest]


def test_a_sentence_is_there_as_soon_as_the_next_begins() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("There is a cat.") == []
    assert splitter.feed(" It") == ["There is a cat."]
    assert splitter.feed(" sleeps") == []
    assert splitter.rest() == "It sleeps"
    assert splitter.rest() is None


def test_numbers_and_closing_quotes_stay_whole() -> None:
    text = 'It costs 3.5 euros. He said "no!" Really?! Yes...'
    assert split(text) == ["It costs 3.5 euros.", 'He said "no!"', "Really?!", "Yes..."]


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith has 3.5 cups, e.g. two.| J. S. Bach has none.",
        "Well... maybe a cat.| Wait... no.| It is a dog…| Or not.",
        '"No!" he said and left.| "Why?" |(It was late.) |He is back.',
        "It is 5 p.m. now.| We met at 5 p.m.| She and I.| Cats, dogs, etc.| All of them.",
        "Here they are:|\n- apples|\n- pears|\n\n1. First|\n2. Second",
        "**Bold.** |Plain.| *So!*| Yes.",
        "There are 3.| 2 of them are red.",
        "Version 1.2.3 is at www.example.org/a.b for you.| Next.",
        "これは猫です。|あれは「犬。」|何？",
    ],
)
def test_only_the_end_of_a_sentence_ends_it(text: str) -> None:
    """Abbreviations, initials, decimals, ellipses and quotations do not; the end of a line does."""
    assert split(text.replace("|", "")) == [sentence.strip() for sentence in text.split("|")]


@given(st.text(alphabet="abI1.!?…。」 \n\"'*", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_where_the_pieces_are_cut_does_not_matter(text: str, cuts: list[int]) -> None:
    """Tokens end anywhere: the sentences are those of the whole text, and no word is lost."""
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in itertools.pairwise(ends)]
    assert split(*pieces) == split(text)
    assert "".join(" ".join(split(text)).split()) == "".join(text.split())
