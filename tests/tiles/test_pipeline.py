"""Two stages at once: the same tokens, really overlapped, and ending cleanly whatever goes wrong."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.forms import Role
from mortar.runtimes.interfaces import Floats, Interrupted, UnitFailed
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.tflite import TfliteVisionGraph
from mortar.runtimes.vision import Pair, Pipeline
from tiles import graphs
from tiles.graphs import N_EMBD, N_PATCHES, N_TOK, WIDTH, Graph, encoded, pictures

PATIENCE_S = 60


def pairs(*sizes: int) -> list[Pair]:
    return [Pair(graphs.patches(size), graphs.blocks(size), (N_PATCHES, WIDTH)) for size in sizes]


@contextmanager
def pipeline(of: list[Pair], **more: object) -> Iterator[Pipeline]:
    made = Pipeline(of, N_TOK, N_EMBD, **more)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


def room(n: int) -> Floats:
    return np.full((n, N_TOK, N_EMBD), np.nan, np.float32)


def of(pair: Pair) -> tuple[Graph, Graph]:
    assert isinstance(pair.patches, Graph) and isinstance(pair.blocks, Graph)
    return pair.patches, pair.blocks


def broken() -> None:
    raise UnitFailed("vision-engine-failed", "the unit went away", "see the log")


def test_a_whole_encoder_is_not_taken_for_its_second_half() -> None:
    """Their files lie side by side, with names that are alike."""
    folder = ModelFolder(resources.bundled_model())
    part = folder.manifest.vision
    with pytest.raises(MortarError, match="instead of") as caught:
        TfliteVisionGraph(folder.verified(part), part, threads=1, role=Role.BLOCKS)
    assert caught.value.code == "vision-model-shape"


@pytest.mark.parametrize("n", [1, 4, 5, 9, 17])
@pytest.mark.parametrize("sizes", [(4, 1), (4,), (1,)])
def test_tokens_are_those_of_all_pictures_at_once(n: int, sizes: tuple[int, ...]) -> None:
    given, out = pictures(n), room(n)
    with pipeline(pairs(*sizes)) as encoder:
        encoder.encode(given, out)
    assert np.allclose(out, encoded(given), atol=1e-5)


def test_a_thousand_in_a_row_come_out_right() -> None:
    """Buffers are handed over and over again."""
    with pipeline(pairs(4, 1)) as encoder:
        for n in range(1000):
            given, out = pictures(n % 9 + 1), room(n % 9 + 1)
            encoder.encode(given, out)
            assert np.allclose(out, encoded(given), atol=1e-5)


def test_the_next_patches_are_embedded_while_the_blocks_run() -> None:
    """Each waits for the other inside its run: one after the other, both would wait for ever."""
    (pair,) = pairs(4)
    embedding, attending = of(pair)
    meeting = threading.Barrier(2)

    def meet_from_patches() -> None:
        if embedding.runs > 1:
            meeting.wait(PATIENCE_S)

    def meet_from_blocks() -> None:
        if attending.runs < 3:
            meeting.wait(PATIENCE_S)

    embedding.before, attending.before = meet_from_patches, meet_from_blocks
    given, out = pictures(12), room(12)
    with pipeline([pair]) as encoder:
        encoder.encode(given, out)
    assert np.allclose(out, encoded(given), atol=1e-5)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core for both stages")
def test_each_stage_keeps_to_a_core_of_its_own() -> None:
    """And the thread that asked for the tokens keeps the cores that it had."""
    had = os.sched_getaffinity(0)
    (pair,) = pairs(4)
    embedding, attending = of(pair)
    with pipeline([pair]) as encoder:
        encoder.encode(pictures(12), room(12))
    (ours,), (theirs,) = (set(map(frozenset, graph.cores)) for graph in (embedding, attending))
    assert len(ours) == len(theirs) == 1 and ours != theirs
    assert os.sched_getaffinity(0) == had


def test_blocks_write_straight_into_the_slot() -> None:
    four, one = pairs(4, 1)
    out = room(9)
    with pipeline([four, one]) as encoder:
        encoder.encode(pictures(9), out)
    assert of(four)[1].outs == [out[0].ctypes.data, out[4].ctypes.data]
    assert of(one)[1].outs == [out[8].ctypes.data]


def test_no_more_than_two_buffers_are_ever_handed_over() -> None:
    (pair,) = pairs(4)
    with pipeline([pair]) as encoder:
        encoder.encode(pictures(40), room(40))
    assert len(set(of(pair)[0].outs)) == 2


@pytest.mark.parametrize("stage", [0, 1])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_unit_that_fails_ends_both_stages_and_both_work_again_afterwards(stage: int, at: int) -> None:
    (pair,) = pairs(4)
    failing, other = of(pair)[stage], of(pair)[1 - stage]
    failing.before = lambda: broken() if failing.runs == at else None
    with pipeline([pair]) as encoder:
        with pytest.raises(UnitFailed, match="the unit went away"):
            encoder.encode(pictures(12), room(12))
        ran = other.runs
        given, out = pictures(12), room(12)
        encoder.encode(given, out)
    assert other.runs == ran + 3, "nothing of the first call was still on its way"
    assert np.allclose(out, encoded(given), atol=1e-5)


def test_it_gives_up_between_batches_when_asked_to() -> None:
    (pair,) = pairs(4)
    embedding, attending = of(pair)
    with pipeline([pair], should_stop=lambda: attending.runs == 1) as encoder:
        with pytest.raises(Interrupted):
            encoder.encode(pictures(40), room(40))
        assert (embedding.runs, attending.runs) == (2, 1)


def test_closing_ends_its_threads_and_gives_back_every_graph() -> None:
    before = threading.active_count()
    four, one = pairs(4, 1)
    with pipeline([four, one]) as encoder:
        encoder.encode(pictures(5), room(5))
    assert threading.active_count() == before
    assert all(graph.is_closed for pair in (four, one) for graph in of(pair))


def test_it_tells_which_pictures_are_whole_while_others_follow() -> None:
    """Once their blocks have run, while later patches may be embedded already."""
    out, told = room(9), []
    with pipeline(pairs(4, 1)) as encoder:
        encoder.encode(pictures(9), out, lambda n: told.append((n, out[:n].copy())))
    assert [n for n, _ in told] == [4, 8]
    for n, then in told:
        np.testing.assert_array_equal(out[:n], then)
