"""How long drafts are, on boards and models that are played: every time in these tests is made up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mortar.bricks.language.speculation.pace import FIRST_TRIES_tok, Pace, Round, State

PLAIN_ms = 10.0


@dataclass
class Board:
    """What a token costs, and how often the next drafted one is right."""

    accepts: float
    more_ms: float
    """That each further token adds to a decode."""
    draft_ms: float
    again_ms: float = 0.0
    """Of each round."""
    noise: float = 0.0

    def written(self, pace: Pace, n_tok: int, seed: int = 3) -> float:
        """Writes so many tokens; gives how long that takes, as a multiple of plain decoding."""
        random = np.random.default_rng(seed)
        took_ms, n = 0.0, 0
        while n < n_tok:
            if pace.is_resting:
                pace.rested()
                took_ms, n = took_ms + PLAIN_ms, n + 1
                continue
            length = pace.length_tok()
            right = random.random(length) < self.accepts
            accepted = length if right.all() else int(right.argmin())
            stretch = 1 + self.noise * random.uniform(-1, 1)
            held = Round(
                length,
                accepted,
                length * self.draft_ms,
                (PLAIN_ms + length * self.more_ms) * stretch,
                self.again_ms if length else 0.0,
            )
            pace.observe(held)
            took_ms, n = took_ms + held.took_ms, n + held.written_tok
        return took_ms / (n * PLAIN_ms)


BOUND_BY_MEMORY = Board(accepts=0.8, more_ms=0.5, draft_ms=0.2)
"""Reading the weights takes the time: further tokens of a batch are nearly free."""
BOUND_BY_ARITHMETIC = Board(accepts=0.8, more_ms=8.0, draft_ms=6.0)


@settings(max_examples=150, deadline=None)
@given(
    st.floats(0, 1),
    st.floats(0, 12),
    st.floats(0, 12),
    st.floats(0, 5),
    st.integers(1, 16),
    st.integers(0, 9),
)
def test_never_below_0_97_of_plain(
    accepts: float, more_ms: float, draft_ms: float, again_ms: float, most_tok: int, seed: int
) -> None:
    """Whatever drafts are worth, beside what the first tries cost; in all of it, and so in any part of it
    that begins with the first token."""
    n_tok = 200
    board = Board(accepts, more_ms, draft_ms, again_ms)
    ratio = board.written(Pace(most_tok), n_tok, seed)
    first_tries = (FIRST_TRIES_tok * PLAIN_ms + draft_ms + again_ms + more_ms) / (n_tok * PLAIN_ms)
    assert ratio - first_tries <= 1 / 0.97


def test_not_even_where_what_is_drafted_turns_wrong_as_soon_as_it_is_trusted() -> None:
    """Right while drafts are tried, wrong while they are used: what was saved pays for that, and no more."""
    pace, took_ms, n = Pace(4), 0.0, 0
    while n < 3_000:
        if pace.is_resting:
            pace.rested()
            took_ms, n = took_ms + PLAIN_ms, n + 1
            continue
        length = pace.length_tok()
        accepted = 0 if pace.state is State.ON else length
        held = Round(length, accepted, length * 3.0, PLAIN_ms + length * 4.0)
        pace.observe(held)
        took_ms, n = took_ms + held.took_ms, n + held.written_tok
    assert pace.drafted_tok > 100
    assert took_ms - FIRST_TRIES_tok * PLAIN_ms <= n * PLAIN_ms / 0.97


@pytest.mark.parametrize("noise", [0.1, 0.5])
@pytest.mark.parametrize("board", [BOUND_BY_MEMORY, BOUND_BY_ARITHMETIC])
def test_times_that_vary_do_not_change_that(board: Board, noise: float) -> None:
    noisy = Board(board.accepts, board.more_ms, board.draft_ms, noise=noise)
    assert noisy.written(Pace(4), 4_000) < 1 / 0.97


def test_what_pays_is_used_to_the_full() -> None:
    """Within a tenth of what the best length brings, the way to find it out included."""
    pace = Pace(8)
    best = min(
        (PLAIN_ms + k * 0.7) / PLAIN_ms / sum(0.8**i for i in range(k + 1)) for k in range(1, 9)
    )  # Leviathan's equation 1
    assert BOUND_BY_MEMORY.written(pace, 2_000) < 1.1 * best
    assert pace.state is State.ON


def test_what_loses_is_turned_off() -> None:
    pace = Pace(4)
    BOUND_BY_ARITHMETIC.written(pace, 500)
    assert pace.state is State.OFF
    drafted_tok = pace.drafted_tok
    BOUND_BY_ARITHMETIC.written(pace, 3_000)
    assert pace.drafted_tok - drafted_tok <= 20  # probes


def test_the_less_is_accepted_the_shorter_are_drafts() -> None:
    def last_length(accepts: float) -> int:
        pace = Pace(8)
        Board(accepts, more_ms=1.0, draft_ms=0.2).written(pace, 1_000)
        return max(pace.length_tok() for _ in range(2))

    assert last_length(0.98) > last_length(0.8) > last_length(0.4)


def test_it_notices_when_drafts_begin_to_lose_and_to_pay_again() -> None:
    """As where the conversation turns to something else."""
    pace = Pace(4)
    nothing_right = Board(0.0, BOUND_BY_MEMORY.more_ms, BOUND_BY_MEMORY.draft_ms, again_ms=2.0)
    BOUND_BY_MEMORY.written(pace, 300)
    assert pace.state is State.ON
    nothing_right.written(pace, 300)
    assert pace.state is State.OFF
    BOUND_BY_MEMORY.written(pace, 3_000)
    assert pace.state is State.ON


def test_where_there_is_nothing_to_draft_from_it_rests() -> None:
    """A look-up that finds nothing is not asked at every token."""
    pace = Pace(4)
    BOUND_BY_ARITHMETIC.written(pace, 500)
    asked = 0
    for _ in range(2_000):
        if pace.is_resting:
            pace.rested()
            continue
        asked += pace.length_tok() > 0
        pace.observe(Round(0, 0, 0.0, PLAIN_ms))
    assert 0 < asked < 200


def test_it_tells_what_it_does() -> None:
    pace = Pace(4)
    BOUND_BY_MEMORY.written(pace, 1_000)
    figures = pace.figures()
    assert figures["acceptance"] == pytest.approx(pace.accepted_tok / pace.drafted_tok, abs=1e-3)
    assert figures["speculation"] == "on" and figures["speculation_gain"] > 1.5
