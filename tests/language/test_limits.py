"""How long an answer may become."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.language.limits import SHARE, most_tok
from mortar.power import MAINS, Power, PowerState


def test_every_power_state_has_its_share() -> None:
    assert set(SHARE) == set(PowerState)


def test_on_mains_nothing_is_held_back() -> None:
    assert most_tok(96, MAINS) == 96


def test_the_lower_the_battery_the_shorter_the_answer() -> None:
    powers = [
        MAINS,
        *(Power(PowerState.PROPORTIONAL, alpha) for alpha in (1.0, 0.5, 0.0)),
        Power(PowerState.CRITICAL, 0.0),
    ]
    lengths = [most_tok(96, power) for power in powers]
    assert all(longer >= shorter for longer, shorter in pairwise(lengths))
    assert lengths == [96, 96, 72, 48, 24]


@given(st.integers(1, 4_096), st.sampled_from(PowerState), st.floats(0, 1))
def test_an_answer_is_always_possible(answer_tok: int, state: PowerState, alpha: float) -> None:
    assert 1 <= most_tok(answer_tok, Power(state, alpha)) <= answer_tok


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_only_the_proportional_state_is_scaled(alpha: float) -> None:
    assert most_tok(100, Power(PowerState.CRITICAL, alpha)) == 25
    assert most_tok(100, Power(PowerState.UNCONSTRAINED, alpha)) == 100
