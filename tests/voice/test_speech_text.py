"""Where a long sentence may be cut for an engine that makes a piece at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.runtimes.speech_text import FIRST_chars, UNBROKEN_chars, WHOLE_chars, clauses


@pytest.mark.parametrize(
    "text",
    [
        "Yes, there is a cat, and it sleeps.",
        "On the left there is a cat,| in the middle there is a dog; and on the right are two cups,"
        "| an umbrella and a very small boat.",
        "Well, yes, I see a cat:| it is on the left of the table, “I think,” and beside it is a dog.",
        "a sentence that never has a comma or anything like it in it at all and goes on for a while",
        "We have three cups here.| One of them, the one that is on the left, is red, and not all of them.",
    ],
    ids=["short", "long", "early commas", "no comma", "sentences"],
)
def test_long_sentences_are_cut_at_punctuation(text: str) -> None:
    """A short first piece, longer ones after it, and no crumb at the end."""
    assert list(clauses(text.replace("|", ""))) == [piece.strip() for piece in text.split("|")]


WORDS = ("a", "cat", "sits,", "here;", "“no,”", "umbrellas", "(red)", "x" * 30, "end.", "what?")


@given(st.lists(st.sampled_from(WORDS), max_size=150))
def test_nothing_is_lost_and_no_piece_is_too_long(words: list[str]) -> None:
    text = " ".join(words)
    pieces = list(clauses(text))
    assert " ".join(pieces) == text
    assert all(len(piece) <= UNBROKEN_chars + 2 * FIRST_chars for piece in pieces)
    assert all(len(piece) >= min(FIRST_chars - 1, len(text)) for piece in pieces)
    assert len(text) > WHOLE_chars or len(pieces) <= 1
