"""A budget is never overdrawn, and nothing within it does less damage."""

from __future__ import annotations

from itertools import product

import pytest

pytest.importorskip("gguf", reason="quantising comes with the tools extra")

from hypothesis import given
from hypothesis import strategies as st

from mortar_tools.quantise.allocate import MOST_STEPS, Choice, allocate

choices = st.builds(Choice, st.integers(1, 40), st.floats(0, 10))
models = st.lists(st.lists(choices, min_size=1, max_size=4), min_size=1, max_size=4)


@given(models, st.integers(0, 120))
def test_it_is_the_best_of_all_that_the_budget_allows(parts: list[list[Choice]], budget: int) -> None:
    """Against trying everything."""
    allowed = [one for one in product(*parts) if sum(choice.cost for choice in one) <= budget]
    chosen = allocate(parts, budget)
    if chosen is None:
        assert not allowed
        return
    bought = [part[at] for part, at in zip(parts, chosen, strict=True)]
    assert sum(one.cost for one in bought) <= budget
    least = min(sum(choice.damage for choice in one) for one in allowed)
    assert sum(one.damage for one in bought) == pytest.approx(least)


@given(models, st.integers(0, 120))
def test_costs_without_a_common_measure_do_not_overdraw_it_either(
    parts: list[list[Choice]], budget: int
) -> None:
    """They are rounded up to what the budget is divided into."""
    scale = MOST_STEPS * 7
    large = [[Choice(one.cost * scale + n, one.damage) for n, one in enumerate(part)] for part in parts]
    chosen = allocate(large, budget * scale)
    if chosen is not None:
        assert sum(part[at].cost for part, at in zip(large, chosen, strict=True)) <= budget * scale


def test_what_fits_to_the_byte_is_found() -> None:
    """Where rounding up would leave no room for it."""
    parts = [[Choice(MOST_STEPS * 10 + 1, 0.0)], [Choice(MOST_STEPS * 10 + 3, 1.0)]]
    assert allocate(parts, MOST_STEPS * 20 + 4) == [0, 0]
    assert allocate(parts, MOST_STEPS * 20 + 3) is None
