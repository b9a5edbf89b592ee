"""What batches and overlapping gain on a large picture's tiles: figures for `mortar tools bench vision`.

Both ways of a comparison run the same graphs on the same pixels and take turns, so that both meet the same
machine. Each stage of the pipeline has one pinned core, and so has each when they run one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mortar.clock import now_ms
from mortar.runtimes.batching import overlapped_ms, plan
from mortar.runtimes.interfaces import Floats, Pixels, VisionGraph
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.vision import Batches, Pair, Pipeline, Stage, run, two_cores
from mortar_tools.bench.figures import Figure, figure, repeated

TILES = 9
"""Two by four and the thumbnail: a telephone's screen, BlueLM-V-3B's case. 4 + 4 + 1."""

IN_BATCHES = 8
"""Tiles for batches against single ones: a whole number of batches of 2, 4 and 8."""

SIZES = (4, 1)
"""Pictures in one run, of each graph."""

TOWERS = ("cards", "siglip-base")
"""The bundled model's, and SigLIP-base's shape with random weights."""

WARM_UP = 1

AGAINST_IN_TURN = "the same two graphs one after the other, one pinned core per stage in both"
AGAINST_SINGLE = "the same encoder, one tile a run"
BOUND = "what the measured stages allow: p0 + sum of max(b, next p) + last b"


def measure(folder: Path, n: int) -> Iterator[Figure]:
    """Both comparisons for each tower, `n` rounds each. `folder` holds a graph's file while it is loaded."""
    # Brings torch, which the comparisons themselves do without.
    from mortar_tools.bench.tile_graphs import Graphs, tower

    for name in TOWERS:
        graphs = Graphs(tower(name), folder)
        yield from overlapped(name, graphs.part, graphs.halves(SIZES), n)
        yield from batched(name, graphs.part, graphs.whole(SIZES), n)


@dataclass(frozen=True)
class Took:
    """The two stages of every batch, one after the other."""

    patches_ms: list[float]
    blocks_ms: list[float]

    @property
    def ms(self) -> float:
        return sum(self.patches_ms) + sum(self.blocks_ms)


class InTurn:
    """The pipeline's graphs, cores and buffers, with no two of them at work at the same time."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = {pair.patches.batch: pair for pair in pairs}
        self._buffer = np.empty((max(self._pairs), *pairs[0].between), np.float32)
        first, second = two_cores()
        self._patches_stage, self._blocks_stage = Stage("patches", first), Stage("blocks", second)

    def encode(self, pictures: Pixels, out: Floats) -> Took:
        patches_ms, blocks_ms = [], []
        for batch in plan(len(pictures), self._pairs):
            pair, buffer = self._pairs[batch.size], self._buffer[: batch.size]
            here = slice(batch.first, batch.end)
            began = now_ms()
            self._patches_stage.start(run, pair.patches, pictures[here], buffer).result()
            embedded = now_ms()
            self._blocks_stage.start(run, pair.blocks, buffer, out[here]).result()
            patches_ms.append(embedded - began)
            blocks_ms.append(now_ms() - embedded)
        return Took(patches_ms, blocks_ms)

    def close(self) -> None:
        self._patches_stage.close()
        self._blocks_stage.close()


def overlapped(name: str, part: VisionPart, pairs: Sequence[Pair], n: int) -> Iterator[Figure]:
    """The pipeline against its graphs in turn."""
    pipeline = Pipeline(pairs, part.n_tok, part.n_embd)
    in_turn = InTurn(pairs)
    tiles, out = photographed(part, TILES), room(part, TILES)
    took: list[Took] = []
    at_once: list[float] = []
    for _ in repeated(f"overlapping {name}", WARM_UP + n):
        took.append(in_turn.encode(tiles, out))
        began = now_ms()
        pipeline.encode(tiles, out)
        at_once.append(now_ms() - began)
    in_turn.close()
    pipeline.close()  # with its graphs, which were the same
    took, at_once = took[WARM_UP:], at_once[WARM_UP:]
    least = [overlapped_ms(one.patches_ms, one.blocks_ms) for one in took]
    ratios = [mine / one.ms for mine, one in zip(at_once, took, strict=True)]
    bounds = [bound / one.ms for bound, one in zip(least, took, strict=True)]
    yield figure(f"tiles_{name}_overlapped_ratio", ratios, "ratio", AGAINST_IN_TURN)
    yield figure(f"tiles_{name}_overlapped_bound_ratio", bounds, "ratio", BOUND)
    yield figure(f"tiles_{name}_overlapped_ms", at_once, "ms")
    yield figure(f"tiles_{name}_in_turn_ms", [one.ms for one in took], "ms")
    yield figure(f"tiles_{name}_patches_ms", [sum(one.patches_ms) for one in took], "ms")


def batched(name: str, part: VisionPart, graphs: Sequence[VisionGraph], n: int) -> Iterator[Figure]:
    """The largest batch of `graphs` against single tiles, milliseconds a tile."""
    together = Batches(graphs, part.n_tok, part.n_embd)
    single = Batches(graphs, part.n_tok, part.n_embd, most=1)
    tiles, out = photographed(part, IN_BATCHES), room(part, IN_BATCHES)
    ms: tuple[list[float], list[float]] = ([], [])
    for _ in repeated(f"batches of {name}", WARM_UP + n):
        for encoder, spent in zip((together, single), ms, strict=True):
            began = now_ms()
            encoder.encode(tiles, out)
            spent.append((now_ms() - began) / IN_BATCHES)
    together.close()  # and with it the graphs of both
    in_batches, alone = ms[0][WARM_UP:], ms[1][WARM_UP:]
    size = max(graph.batch for graph in graphs)
    ratios = [mine / theirs for mine, theirs in zip(in_batches, alone, strict=True)]
    yield figure(f"tiles_{name}_batch_{size}_ratio", ratios, "ratio", AGAINST_SINGLE)
    yield figure(f"tiles_{name}_batch_{size}_ms", in_batches, "ms")
    yield figure(f"tiles_{name}_batch_1_ms", alone, "ms")


def photographed(part: VisionPart, n: int) -> Pixels:
    """Noise: what a tile shows does not change the arithmetic."""
    return np.random.default_rng(7).integers(0, 256, (n, part.height_px, part.width_px, 3), np.uint8)


def room(part: VisionPart, n: int) -> Floats:
    return np.empty((n, part.n_tok, part.n_embd), np.float32)
