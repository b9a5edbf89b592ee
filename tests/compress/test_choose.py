"""What leaves when a model is pruned: what costs least, no more than asked for, never all of a block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mortar.errors import UsageError
from mortar_tools.prune.choose import MULTIPLE, Wanted, keep_best, least_missed, plan


def scores_of(*blocks: list[float]) -> list[np.ndarray]:
    return [np.array(block, np.float64) for block in blocks]


def test_the_least_important_of_all_blocks_leave() -> None:
    """Not the same number of each: a block that matters keeps what one that does not gives up."""
    kept = keep_best(scores_of([9, 8, 7, 6], [1, 2, 3, 4]), share=0.375, multiple=1, uniform=False)
    assert kept == [(0, 1, 2, 3), (3,)]


def test_uniform_takes_as_many_from_every_block() -> None:
    kept = keep_best(scores_of([9, 8, 7, 6], [1, 2, 3, 4]), share=0.5, multiple=1, uniform=True)
    assert kept == [(0, 1), (2, 3)]


def test_a_block_that_nobody_needs_keeps_its_best_group() -> None:
    """A block without any channel is no block that llama.cpp could run."""
    kept = keep_best(scores_of([0.1, 0.2, 0.3, 0.4], [9, 9, 9, 9]), share=0.5, multiple=2, uniform=False)
    assert kept[0] == (2, 3) and len(kept[1]) == 2


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=4),
    share=st.floats(0, 0.99),
    uniform=st.booleans(),
    seed=st.integers(0, 99),
)
def test_no_more_stays_than_asked_for_and_all_in_whole_groups(
    sizes: list[int], share: float, uniform: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    scores = [rng.random(size * MULTIPLE) for size in sizes]
    kept = keep_best(scores, share, MULTIPLE, uniform)
    assert all(len(its) % MULTIPLE == 0 and its for its in kept)
    assert all(list(its) == sorted(set(its)) for its in kept), "in their order, each once"
    if not uniform:
        least = MULTIPLE * len(sizes)
        assert sum(map(len, kept)) <= max(least, round(sum(sizes) * MULTIPLE * (1 - share)))


def test_within_a_block_the_best_stay() -> None:
    rng = np.random.default_rng(1)
    scores = rng.random(4 * MULTIPLE)
    (kept,) = keep_best([scores], 0.5, MULTIPLE, uniform=False)
    gone = set(range(len(scores))) - set(kept)
    assert min(scores[list(kept)]) > max(scores[list(gone)])


def test_blocks_leave_one_after_the_other() -> None:
    """What a block is worth is measured again without those that have left: 1 stands in for 2."""
    losses = {
        frozenset({0}): 9.0,
        frozenset({1}): 1.0,
        frozenset({2}): 2.0,
        frozenset({0, 1}): 5.0,
        frozenset({1, 2}): 8.0,
    }
    assert least_missed(3, 2, losses.__getitem__) == {0, 1}


def test_a_plan_names_blocks_by_what_they_were() -> None:
    heads, channels = [np.ones(2)] * 3, [np.arange(64.0)] * 3
    made = plan(Wanted(blocks=1, mlp=0.5), frozenset({1}), heads, channels)
    assert [kept.block for kept in made] == [0, 2]
    assert all(kept.heads == (0, 1) and kept.channels == tuple(range(32, 64)) for kept in made)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Wanted(blocks=4), "prune-too-much"),
        (Wanted(mlp=1.0), "prune-too-much"),
        (Wanted(heads=-0.1), "prune-too-much"),
        (Wanted(), "prune-nothing"),
    ],
)
def test_what_cannot_be_pruned_is_told(wanted: Wanted, code: str) -> None:
    with pytest.raises(UsageError) as told:
        wanted.check(blocks=4)
    assert told.value.code == code
