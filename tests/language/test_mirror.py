"""The bookkeeping of the language model's memory, with no model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.language.mirror import Entry, PictureToken, runs, shared

Parts = st.lists(
    st.one_of(
        st.lists(st.integers(0, 3), max_size=4),
        # The number of rows is the picture's own: rows of one picture never differ in count.
        st.integers(1, 3).map(lambda picture: [PictureToken(picture, row) for row in range(picture + 1)]),
    ),
    max_size=5,
)


def flat(parts: list[list[Entry]]) -> list[Entry]:
    return [entry for part in parts for entry in part]


@given(Parts, Parts)
def test_keeping_and_reading_gives_what_is_wanted(held_parts: list, wanted_parts: list) -> None:
    """Whatever was there: what is kept, followed by the runs, is what is wanted, without a gap."""
    held, wanted = flat(held_parts), flat(wanted_parts)
    result = held[: shared(held, wanted)]
    for run in runs(wanted, len(result)):
        assert run.pos == len(result)
        result += run.entries
    assert result == wanted


@given(Parts, Parts)
def test_a_picture_is_kept_whole_or_not_at_all(held_parts: list, wanted_parts: list) -> None:
    held, wanted = flat(held_parts), flat(wanted_parts)
    keep = shared(held, wanted)
    read_first = wanted[keep] if keep < len(wanted) else None
    assert not isinstance(read_first, PictureToken) or read_first.row == 0


@given(Parts, Parts)
def test_runs_are_of_one_kind(held_parts: list, wanted_parts: list) -> None:
    """Text, or all rows of one picture: each is one llama_batch."""
    wanted = flat(wanted_parts)
    for run in runs(wanted, shared(flat(held_parts), wanted)):
        pictures = {entry.picture if isinstance(entry, PictureToken) else None for entry in run.entries}
        assert len(pictures) == 1
        assert run.is_picture is (pictures != {None})


@given(Parts, Parts)
def test_no_more_is_read_than_differs(common_parts: list, new_parts: list) -> None:
    """The question alone is read where everything before it is there."""
    common = flat(common_parts)
    assert shared(common, common + flat(new_parts)) == len(common)


def test_a_new_picture_takes_the_old_ones_place() -> None:
    """Nothing of the old picture, nor of what followed it, is kept."""
    old, new = ([PictureToken(number, row) for row in range(4)] for number in (1, 2))
    assert shared([9, 5, *old, 6, 7], [9, 5, *new, 6, 7]) == 2
