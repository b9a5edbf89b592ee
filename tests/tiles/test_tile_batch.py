"""How many tiles a run should take is measured, and is what encodes the whole picture soonest."""

from __future__ import annotations

import msgspec
import pytest

from mortar_tools.tune.tile_batch import measure, quickest
from tiles import graphs
from tiles.parts import PLAIN

PART = msgspec.structs.replace(
    PLAIN, n_tok=graphs.N_TOK, n_embd=graphs.N_EMBD, width_px=graphs.SIDE, height_px=graphs.SIDE
)


@pytest.mark.parametrize(
    ("ms", "tiles", "most"),
    [
        ({1: 300, 4: 800}, 9, 4),  # BlueLM-V-3B's NPU: 1900 ms in fours, 2700 ms one by one
        ({1: 200, 4: 900}, 9, 1),
        ({1: 100, 4: 400}, 9, 1),  # no faster, and more memory
        ({1: 300, 4: 800, 6: 1500}, 9, 4),  # 6 + 1 + 1 + 1 would take 2400 ms
        ({4: 800}, 1, 4),
    ],
)
def test_the_quickest_size_counts_the_remainder_too(ms: dict[int, float], tiles: int, most: int) -> None:
    assert quickest(ms, tiles) == most


def test_every_graph_is_measured_as_often_as_the_others() -> None:
    of = [graphs.whole(size) for size in (1, 2, 4)]
    found = measure(of, PART, tiles=9, times=3)
    assert found.most in found.ms and set(found.ms) == {1, 2, 4}
    assert {graph.runs for graph in of} == {4}
