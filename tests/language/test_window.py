"""Which earlier turns a prompt begins with, as a conversation grows longer than the memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.language.window import LEFT_SHARE, Window
from mortar.messages import Exchange

Sizes = st.lists(st.integers(1, 40), min_size=1, max_size=60)
ROOM_TOK = 100


def turn(number: int) -> Exchange:
    return Exchange(f"question {number}", f"answer {number}")


@given(Sizes)
def test_what_stays_fits_and_what_has_left_stays_away(sizes_tok: list[int]) -> None:
    """Turn after turn: the newest stay, and the oldest of them only ever becomes newer."""
    window, turns, last = Window(), [], 0
    for number in range(len(sizes_tok)):
        turns.append(turn(number))
        first = window.first(turns, sizes_tok[: number + 1], ROOM_TOK)
        assert first >= last and sum(sizes_tok[first : number + 1]) <= ROOM_TOK
        last = first


@given(Sizes)
def test_they_leave_in_groups(sizes_tok: list[int]) -> None:
    """Where some must, there is room for more turns afterwards, unless the newest alone takes it."""
    window, turns, last = Window(), [], 0
    for number in range(len(sizes_tok)):
        turns.append(turn(number))
        first = window.first(turns, sizes_tok[: number + 1], ROOM_TOK)
        if first > last and first < number:
            assert sum(sizes_tok[first : number + 1]) <= ROOM_TOK * LEFT_SHARE
        last = first


def test_a_new_conversation_begins_anew() -> None:
    window = Window()
    assert window.first([turn(1), turn(2)], [60, 60], ROOM_TOK) == 1
    assert window.first([], [], ROOM_TOK) == 0
    assert window.first([turn(7), turn(8)], [30, 30], ROOM_TOK) == 0


def test_a_turn_that_does_not_fit_leaves_alone() -> None:
    window = Window()
    assert window.first([turn(1)], [101], ROOM_TOK) == 1
    assert window.first([turn(1), turn(2)], [101, 20], ROOM_TOK) == 1
