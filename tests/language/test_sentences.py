"""Sentences are cut from text that comes piece by piece."""

from __future__ import annotations

import itertools

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


@given(st.text(alphabet="ab.!? \n\"'", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_where_the_pieces_are_cut_does_not_matter(text: str, cuts: list[int]) -> None:
    """Tokens end anywhere: the sentences are those of the whole text, and no word is lost."""
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in itertools.pairwise(ends)]
    assert split(*pieces) == split(text)
    assert " ".join(split(text)).split() == text.split()
