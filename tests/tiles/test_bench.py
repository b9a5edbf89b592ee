"""The benches of tiles give their figures whatever graphs they are given. Times are not looked at."""

from __future__ import annotations

import msgspec

from mortar.runtimes.vision import Pair
from mortar_tools.bench import pipeline
from mortar_tools.bench.figures import Figure
from tiles import graphs
from tiles.parts import PLAIN

PART = msgspec.structs.replace(
    PLAIN, n_tok=graphs.N_TOK, n_embd=graphs.N_EMBD, width_px=graphs.SIDE, height_px=graphs.SIDE
)
BETWEEN = (graphs.N_PATCHES, graphs.WIDTH)


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


def test_the_pipeline_is_measured_beside_its_bound() -> None:
    pairs = [Pair(graphs.patches(size), graphs.blocks(size), BETWEEN) for size in (4, 1)]
    figures = by_name(list(pipeline.overlapped("toy", PART, pairs, 3)))
    ratio, bound = figures["tiles_toy_overlapped_ratio"], figures["tiles_toy_overlapped_bound_ratio"]
    assert ratio.n == bound.n == 3 and ratio.against == pipeline.AGAINST_IN_TURN
    assert ratio.value > 0 and 0.5 <= bound.value <= 1, "two stages at once save half at most"


def test_both_ways_run_the_same_batches_of_the_same_graphs() -> None:
    pairs = [Pair(graphs.patches(size), graphs.blocks(size), BETWEEN) for size in (4, 1)]
    list(pipeline.overlapped("toy", PART, pairs, 3))
    four, one = (pair.blocks for pair in pairs)
    assert isinstance(four, graphs.Graph) and isinstance(one, graphs.Graph)
    rounds = 3 + pipeline.WARM_UP
    assert (four.runs, one.runs) == (2 * rounds * 2, 2 * rounds * 1)


def test_batches_are_measured_against_single_tiles() -> None:
    four, one = graphs.whole(4), graphs.whole(1)
    figures = by_name(list(pipeline.batched("toy", PART, [four, one], 3)))
    assert figures["tiles_toy_batch_4_ratio"].against == pipeline.AGAINST_SINGLE
    rounds = 3 + pipeline.WARM_UP
    assert (four.runs, one.runs) == (rounds * 2, rounds * 8)
