"""The bookkeeping of the language model's memory, with no model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.language.mirror import Entry, PictureToken, chunk_end, runs, shared

Parts = st.lists(
    st.one_of(
        st.lists(st.integers(0, 3), max_size=4),
        # The number of rows is the picture's own: rows of one picture never differ in count.
        st.integers(1, 3).map(lambda picture: [PictureToken(picture, row) for row in range(picture + 1)]),
    ),
    max_size=5,
)


Splits = st.booleans()
"""Whether pictures may be read in parts."""


def flat(parts: list[list[Entry]]) -> list[Entry]:
    return [entry for part in parts for entry in part]


def is_in_a_picture(entries: list[Entry], at: int) -> bool:
    """Behind its first row."""
    inside = entries[at] if at < len(entries) else None
    return isinstance(inside, PictureToken) and inside.row > 0


@given(Parts, Parts, st.integers(1, 6), Splits)
def test_keeping_and_reading_gives_what_is_wanted(
    held_parts: list, wanted_parts: list, chunk_tok: int, splits: bool
) -> None:
    """Whatever was there: what is kept, followed by the chunks' runs, is what is wanted, without a gap."""
    held, wanted = flat(held_parts), flat(wanted_parts)
    result = held[: shared(held, wanted, splits=splits)]
    while len(result) < len(wanted):
        end = chunk_end(wanted, len(result), chunk_tok, splits=splits)
        for run in runs(wanted, len(result), end):
            assert run.pos == len(result)
            result += run.entries
        assert len(result) == end
    assert result == wanted


@given(Parts, Parts, st.integers(1, 6))
def test_a_picture_is_kept_whole_or_not_at_all(held_parts: list, wanted_parts: list, chunk_tok: int) -> None:
    """And read so: no chunk ends within one, where its rows attend to each other."""
    held, wanted = flat(held_parts), flat(wanted_parts)
    at = shared(held, wanted, splits=False)
    assert not is_in_a_picture(wanted, at)
    while at < len(wanted):
        at = chunk_end(wanted, at, chunk_tok, splits=False)
        assert not is_in_a_picture(wanted, at)


@given(Parts, st.integers(1, 6), Splits)
def test_a_chunk_is_as_large_as_it_may_be(wanted_parts: list, chunk_tok: int, splits: bool) -> None:
    """Full, or the last, or cut short by a picture that the next one reads whole; too large only where it is
    one such picture and nothing else."""
    wanted = flat(wanted_parts)
    at = 0
    while at < len(wanted):
        end = chunk_end(wanted, at, chunk_tok, splits=splits)
        if end - at > chunk_tok:
            assert not splits and len(runs(wanted, at, end)) == 1
        elif end - at < chunk_tok and end < len(wanted):
            assert not splits and isinstance(wanted[end], PictureToken)
        at = end


@given(Parts)
def test_runs_are_of_one_kind(parts: list) -> None:
    """Text, or rows of one picture from where they begin in it: each is one llama_batch."""
    wanted = flat(parts)
    for run in runs(wanted, 0, len(wanted)):
        pictures = {entry.picture if isinstance(entry, PictureToken) else None for entry in run.entries}
        assert len(pictures) == 1
        assert (run.first_row is None) is (pictures == {None})


@given(Parts, Parts)
def test_no_more_is_read_than_differs(common_parts: list, new_parts: list) -> None:
    """The question alone is read where everything before it is there."""
    common = flat(common_parts)
    assert shared(common, common + flat(new_parts), splits=False) == len(common)


def test_a_new_picture_takes_the_old_ones_place() -> None:
    """Nothing of the old picture, nor of what followed it, is kept."""
    old, new = ([PictureToken(number, row) for row in range(4)] for number in (1, 2))
    assert shared([9, 5, *old, 6, 7], [9, 5, *new, 6, 7], splits=True) == 2
