"""How many tiles one run of the vision encoder should take on this board: `eye.tile_batch`, measured."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mortar.clock import now_ms
from mortar.runtimes.batching import allowed, plan
from mortar.runtimes.interfaces import VisionGraph
from mortar.runtimes.model_folder import VisionPart

WARM_UP = 1


@dataclass(frozen=True)
class TileBatch:
    """What was measured, and what follows from it."""

    most: int
    """For `eye.tile_batch`."""
    ms: dict[int, float]
    """Of one run, by its size: medians."""


def measure(graphs: Sequence[VisionGraph], part: VisionPart, tiles: int, times: int) -> TileBatch:
    """The best for a picture of `tiles` tiles and thumbnail. The graphs take turns, `times` runs each."""
    spent: dict[int, list[float]] = {graph.batch: [] for graph in graphs}
    noise = np.random.default_rng(0)
    for _ in range(WARM_UP + times):
        for graph in graphs:
            pixels = noise.integers(0, 256, (graph.batch, part.height_px, part.width_px, 3), np.uint8)
            out = np.empty((graph.batch, part.n_tok, part.n_embd), np.float32)
            began_ms = now_ms()
            graph.run(pixels, out)
            spent[graph.batch].append(now_ms() - began_ms)
    ms = {size: round(statistics.median(each[WARM_UP:]), 3) for size, each in spent.items()}
    return TileBatch(quickest(ms, tiles), ms)


def quickest(ms: Mapping[int, float], tiles: int) -> int:
    """The limit that encodes `tiles` soonest, by what a run of each size takes; of equals the smallest."""

    def whole_ms(most: int) -> float:
        return sum(ms[batch.size] for batch in plan(tiles, allowed(ms, most)))

    return min(sorted(ms), key=whole_ms)
