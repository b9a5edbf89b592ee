"""How often the eye glances in which power state, and how many tokens it hands over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.eye.pace import Budget, MINUTE_ms, Pace, period_ms
from mortar.power import MAINS, Power, PowerState
from mortar.settings import Eye

EYE = Eye(watch_most_Hz=4.0, watch_least_Hz=0.5)


def proportional(alpha: float) -> Power:
    return Power(PowerState.PROPORTIONAL, alpha)


def test_glances_are_as_frequent_as_the_power_state_allows() -> None:
    """From 4 Hz where nothing is held back to 0.5 Hz just above critical, and none there."""
    assert period_ms(MAINS, EYE) == 250
    assert period_ms(proportional(1.0), EYE) == 250
    assert period_ms(proportional(0.5), EYE) == pytest.approx(1_000 / 2.25)
    assert period_ms(proportional(0.0), EYE) == 2_000
    assert period_ms(Power(PowerState.CRITICAL, 0.0), EYE) is None


def test_a_late_glance_takes_the_place_of_those_that_were_due_meanwhile() -> None:
    pace = Pace()
    assert pace.glanced(1_000, 250) == 0
    assert pace.due_ms == 1_250
    assert pace.glanced(1_260, 250) == 0
    assert pace.due_ms == 1_500  # the pace is kept, not the delay
    assert pace.glanced(2_100, 250) == 2
    assert pace.due_ms == 2_250
    pace.rest()
    assert pace.glanced(9_000, 250) == 0


@given(
    per_min=st.integers(1, 5_000),
    pictures=st.lists(st.tuples(st.floats(0, 90_000), st.integers(1, 800)), min_size=1, max_size=60),
)
def test_no_stretch_of_time_has_more_tokens_than_its_minutes(
    per_min: int, pictures: list[tuple[float, int]]
) -> None:
    """But for one minute's that were saved up, and the last picture, which may be paid off later."""
    budget = Budget(per_min)
    now_ms = 0.0
    spent: list[tuple[float, int]] = []
    for wait_ms, n_tok in pictures:
        now_ms += wait_ms
        if budget.has_some(now_ms):
            budget.spend(n_tok)
            spent.append((now_ms, n_tok))
    for first, (from_ms, _) in enumerate(spent):
        for last in range(first, len(spent)):
            to_ms, last_tok = spent[last]
            minutes = 1 + (to_ms - from_ms) / MINUTE_ms
            assert sum(n_tok for _, n_tok in spent[first : last + 1]) <= per_min * minutes + last_tok + 1e-3


def test_a_picture_of_many_tokens_is_handed_over_now_and_then() -> None:
    """More than a minute's: the next one comes once it is paid off."""
    budget = Budget(per_min=10)
    assert budget.has_some(0.0)
    budget.spend(729)
    assert not budget.has_some(71 * MINUTE_ms)
    assert budget.has_some(72 * MINUTE_ms)
