"""Any number of pictures over graphs of fixed batches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mortar.runtimes.batching import Batch, allowed, overlapped_ms, plan
from mortar.runtimes.interfaces import Interrupted
from mortar.runtimes.vision import Batches
from tiles import graphs
from tiles.graphs import N_EMBD, N_TOK, encoded, pictures

sizes = st.sets(st.integers(1, 9), min_size=1)
times_ms = st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=1, max_size=20)


def batches(*of: graphs.Graph, most: int = 0, should_stop: Callable[[], bool] = lambda: False) -> Batches:
    return Batches(of, N_TOK, N_EMBD, most=most, should_stop=should_stop)


# --- the plan


def test_nine_tiles_are_four_and_four_and_one() -> None:
    """BlueLM-V-3B, section 5.3."""
    assert plan(9, [4, 1]) == [Batch(0, 4, 4), Batch(4, 8, 4), Batch(8, 9, 1)]


@settings(deadline=None)
@given(st.integers(1, 60), sizes)
def test_every_picture_is_in_one_batch_and_in_order(n: int, of: set[int]) -> None:
    ran = [number for batch in plan(n, of) for number in range(batch.first, batch.end)]
    assert ran == list(range(n))


@settings(deadline=None)
@given(st.integers(1, 60), sizes)
def test_a_batch_is_padded_only_at_the_end_and_where_no_graph_is_small_enough(n: int, of: set[int]) -> None:
    short = [batch for batch in plan(n, of) if batch.end - batch.first < batch.size]
    assert all(batch.end == n and batch.size == min(of) for batch in short)


@pytest.mark.parametrize(
    ("of", "most", "left"),
    [([4, 1], 0, [1, 4]), ([6, 4, 2, 1], 4, [1, 2, 4]), ([4, 2], 3, [2]), ([4, 2], 1, [2])],
)
def test_a_measured_size_rules_out_larger_graphs(of: list[int], most: int, left: list[int]) -> None:
    """The smallest stays in any case: something must encode."""
    assert allowed(of, most) == left


# --- what overlapping gains


def test_the_papers_nine_tiles_take_2060_ms() -> None:
    """BlueLM-V-3B, section 3.2: Conv2D 160, 160, 40 ms hidden behind the blocks' 800, 800, 300."""
    patches_ms, blocks_ms = [160, 160, 40], [800, 800, 300]
    assert overlapped_ms(patches_ms, blocks_ms) == 2060
    assert sum(patches_ms) + sum(blocks_ms) - 2060 == 200


@settings(deadline=None)
@given(times_ms)
def test_overlapping_is_never_faster_than_either_stage_nor_slower_than_both(
    times: list[tuple[float, float]],
) -> None:
    patches_ms, blocks_ms = zip(*times, strict=True)
    least = overlapped_ms(patches_ms, blocks_ms)
    assert max(sum(patches_ms), sum(blocks_ms)) <= least + 1e-6
    assert least <= sum(patches_ms) + sum(blocks_ms) + 1e-6


@settings(deadline=None)
@given(times_ms)
def test_the_formula_is_what_two_stages_with_two_buffers_do(times: list[tuple[float, float]]) -> None:
    """Each stage begins as soon as it is free, its batch is ready, and a buffer is empty."""
    embedded: list[float] = []
    done: list[float] = []
    for patches_ms, blocks_ms in times:
        embedded.append(max(embedded[-1:] + done[-2:-1], default=0) + patches_ms)
        done.append(max(embedded[-1:] + done[-1:]) + blocks_ms)
    assert overlapped_ms(*zip(*times, strict=True)) == pytest.approx(done[-1])


# --- encoding


@pytest.mark.parametrize("n", [1, 3, 4, 5, 8, 9, 13])
@pytest.mark.parametrize("of", [(4, 1), (4,), (6, 4, 2), (1,)])
def test_tokens_are_those_of_all_pictures_at_once(n: int, of: tuple[int, ...]) -> None:
    given = pictures(n)
    out = np.full((n, N_TOK, N_EMBD), np.nan, np.float32)
    batches(*map(graphs.whole, of)).encode(given, out)
    assert np.allclose(out, encoded(given), atol=1e-5)


def test_full_batches_are_written_straight_into_the_slot() -> None:
    """No tokens are gathered afterwards: each graph gets its own part of the memory."""
    four, one = graphs.whole(4), graphs.whole(1)
    out = np.empty((9, N_TOK, N_EMBD), np.float32)
    batches(four, one).encode(pictures(9), out)
    assert four.outs == [out[0].ctypes.data, out[4].ctypes.data]
    assert one.outs == [out[8].ctypes.data]


def test_a_padded_batch_writes_nothing_behind_its_pictures() -> None:
    around = np.full((4, N_TOK, N_EMBD), 7, np.float32)
    batches(graphs.whole(4)).encode(pictures(3), around[:3])
    assert (around[3] == 7).all() and not (around[:3] == 7).any()


def test_the_measured_size_is_kept_to() -> None:
    six, four, one = graphs.whole(6), graphs.whole(4), graphs.whole(1)
    batches(six, four, one, most=4).encode(pictures(9), np.empty((9, N_TOK, N_EMBD), np.float32))
    assert (six.runs, four.runs, one.runs) == (0, 2, 1)


def test_it_gives_up_between_batches_when_asked_to() -> None:
    four = graphs.whole(4)
    encoder = batches(four, should_stop=lambda: four.runs == 1)
    with pytest.raises(Interrupted):
        encoder.encode(pictures(12), np.empty((12, N_TOK, N_EMBD), np.float32))
    assert four.runs == 1


def test_closing_gives_back_every_graph() -> None:
    four, one = graphs.whole(4), graphs.whole(1)
    batches(four, one, most=1).close()
    assert four.is_closed and one.is_closed


def test_it_tells_which_pictures_are_whole_while_others_follow() -> None:
    """And writes them no more: what was told of may be read."""
    out = np.empty((9, N_TOK, N_EMBD), np.float32)
    told: list[tuple[int, bytes]] = []
    encoder = batches(graphs.whole(4), graphs.whole(1))
    encoder.encode(pictures(9), out, lambda n: told.append((n, out[:n].tobytes())))
    assert [n for n, _ in told] == [4, 8]
    assert all(out[:n].tobytes() == then for n, then in told)
