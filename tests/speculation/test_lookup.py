"""What is looked up, and where."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.bricks.language.speculation.lookup import LONGEST_tok, Lookup, SHORTEST_tok


def draft(context: list[Entry], most_tok: int = 4) -> list[int]:
    lookup = Lookup()
    lookup.begin(context, None)
    return list(lookup.draft(context, most_tok).tokens)


def test_what_followed_before_is_drafted() -> None:
    assert draft([1, 2, 3, 4, 5, 6, 7, 2, 3]) == [4, 5, 6, 7]


def test_the_longest_match_wins() -> None:
    """Although a shorter one is nearer."""
    assert draft([1, 2, 3, 8, 9, 2, 3, 7, 1, 2, 3], 1) == [8]


def test_of_equal_matches_the_last_one_wins() -> None:
    assert draft([2, 3, 8, 5, 2, 3, 9, 5, 2, 3], 1) == [9]


def test_what_never_stood_there_drafts_nothing() -> None:
    assert draft([1, 2, 3, 4, 5]) == []
    assert draft([]) == []


def test_a_draft_ends_before_a_picture() -> None:
    """Its rows are no tokens."""
    picture = [PictureToken(1, row) for row in range(3)]
    assert draft([1, 2, 3, *picture, 4, 1, 2]) == [3]
    assert draft([1, 2, *picture, 4, 1, 2]) == []


def test_nothing_of_one_answer_is_looked_up_for_the_next() -> None:
    """Its prompt may have left out what stood there."""
    lookup = Lookup()
    lookup.begin([1, 2, 3], None)
    assert len(lookup.draft([1, 2, 3, 1, 2], 4)) > 0
    lookup.begin([5, 1, 2], None)
    assert len(lookup.draft([5, 1, 2], 4)) == 0


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 6), st.data())
def test_as_a_search_from_the_end_finds_it(context: list[int], most_tok: int, data: st.DataObject) -> None:
    """However the context grew, some tokens at a time."""

    def searched() -> list[int]:
        for n in range(LONGEST_tok, SHORTEST_tok - 1, -1):
            for end in range(len(context) - 1, n - 1, -1):
                if len(context) > n and context[end - n : end] == context[-n:]:
                    return context[end : end + most_tok]
        return []

    lookup, grown = Lookup(), 0
    lookup.begin([], None)
    while grown < len(context):
        grown = data.draw(st.integers(grown + 1, len(context)))
        found = lookup.draft(context[:grown], most_tok)
    if context:
        assert list(found.tokens) == searched()
