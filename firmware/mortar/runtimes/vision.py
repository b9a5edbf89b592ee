"""Encoders made of compiled graphs: any number of pictures over fixed batches, and two stages at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import numpy as np

from mortar.runtimes.batching import Batch, allowed, plan
from mortar.runtimes.interfaces import Done, Floats, Interrupted, Pixels, VisionGraph, nobody

P = ParamSpec("P")
T = TypeVar("T")


ShouldStop = Callable[[], bool]


def never() -> bool:
    return False


class Batches:
    """A VisionEncoder over graphs of Role.WHOLE, each of another batch size and all on one unit.

    `most`: pictures in one run at most, where a smaller graph is faster on this board; 0: as many as there
    is a graph for. `should_stop` is asked between batches.
    """

    def __init__(
        self,
        graphs: Iterable[VisionGraph],
        n_tok: int,
        n_embd: int,
        *,
        most: int = 0,
        should_stop: ShouldStop = never,
    ) -> None:
        self._graphs = {graph.batch: graph for graph in graphs}
        self._sizes = allowed(self._graphs, most)
        self._should_stop = should_stop
        self.unit = self._graphs[self._sizes[0]].unit
        self.n_tok = n_tok
        self.n_embd = n_embd

    def encode(self, pictures: Pixels, out: Floats, done: Done = nobody) -> None:
        """uint8 [n, height_px, width_px, 3] → float32 [n, n_tok, n_embd], in place.

        Each full batch is written by its graph into its own part of `out`. Raises Interrupted, or what the
        graph raises; `out` then holds the batches before, of which `done` was told.
        """
        for batch in plan(len(pictures), self._sizes):
            if self._should_stop():
                raise Interrupted
            if batch.first > 0:
                done(batch.first)
            run(self._graphs[batch.size], pictures[batch.first : batch.end], out[batch.first : batch.end])

    def close(self) -> None:
        for graph in self._graphs.values():
            graph.close()


@dataclass(frozen=True)
class Pair:
    """An encoder of one batch size in two graphs: Role.PATCHES (Conv2D), then Role.BLOCKS (transformer)."""

    patches: VisionGraph
    blocks: VisionGraph
    between: tuple[int, int]
    """[patches, width] of a picture, as the first hands it to the second."""


class Pipeline:
    """A VisionEncoder of two stages on two units: patches of batch k+1 are embedded during blocks of batch k.

    BlueLM-V-3B, section 3.2, figure 5. On a computer both units are CPU cores, one for each stage. Two
    buffers are handed over: a stage is never more than one batch ahead, which is all that two stages can
    use, so it takes `batching.overlapped_ms`.
    """

    def __init__(
        self,
        pairs: Iterable[Pair],
        n_tok: int,
        n_embd: int,
        *,
        most: int = 0,
        should_stop: ShouldStop = never,
    ) -> None:
        self._pairs = {pair.patches.batch: pair for pair in pairs}
        self._sizes = allowed(self._pairs, most)
        self._should_stop = should_stop
        one = self._pairs[self._sizes[0]]
        self._buffers = np.empty((2, self._sizes[-1], *one.between), np.float32)
        ours, theirs = two_cores()
        self._patches_stage = Stage("patches", ours)
        self._blocks_stage = Stage("blocks", theirs)
        self.unit = f"{one.patches.unit}+{one.blocks.unit}"
        self.n_tok = n_tok
        self.n_embd = n_embd

    def encode(self, pictures: Pixels, out: Floats, done: Done = nobody) -> None:
        """uint8 [n, height_px, width_px, 3] → float32 [n, n_tok, n_embd], in place.

        Raises Interrupted, or what a graph raises, once neither stage works any more.
        """
        batches = plan(len(pictures), self._sizes)
        embedded = self._embed(pictures, batches[0], 0)
        try:
            for k, batch in enumerate(batches):
                patches = embedded.result()
                if self._should_stop():
                    raise Interrupted
                if batch.first > 0:
                    done(batch.first)
                if k + 1 < len(batches):
                    embedded = self._embed(pictures, batches[k + 1], k + 1)
                blocks = self._pairs[batch.size].blocks
                self._blocks_stage.start(run, blocks, patches, out[batch.first : batch.end]).result()
        finally:
            wait([embedded])  # it writes into a buffer that the next call uses

    def _embed(self, pictures: Pixels, batch: Batch, k: int) -> Future[Floats]:
        """Begin with the patches of batch `k`; gives float32 [size, patches, width], one of two buffers."""
        buffer = self._buffers[k % 2, : batch.size]

        def embed() -> Floats:
            run(self._pairs[batch.size].patches, pictures[batch.first : batch.end], buffer)
            return buffer

        return self._patches_stage.start(embed)

    def close(self) -> None:
        self._patches_stage.close()
        self._blocks_stage.close()
        for pair in self._pairs.values():
            pair.patches.close()
            pair.blocks.close()


class Stage:
    """A thread that does one thing after the other, on one CPU core alone where `core` names one."""

    def __init__(self, name: str, core: int | None) -> None:
        self._thread = ThreadPoolExecutor(1, name, initializer=_stay_on, initargs=(core,))

    def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._thread.submit(work, *args, **kwargs)

    def close(self) -> None:
        """Once what was started has ended."""
        self._thread.shutdown()


def run(graph: VisionGraph, given: Pixels | Floats, out: Floats) -> None:
    """Run `graph` on a batch, in place; one that is short on either side is padded on that side."""
    if len(given) < graph.batch:
        given = given.copy()
        given.resize((graph.batch, *given.shape[1:]), refcheck=False)  # with zeros
    if len(out) == graph.batch:
        graph.run(given, out)
        return
    whole = np.empty((graph.batch, *out.shape[1:]), np.float32)
    graph.run(given, whole)
    out[:] = whole[: len(out)]


def two_cores() -> tuple[int, int] | tuple[None, None]:
    """One for each stage: the last two that this process may use, which are big ones where a board has such.

    None where there is only one.
    """
    cores = sorted(os.sched_getaffinity(0))
    return (cores[-2], cores[-1]) if len(cores) > 1 else (None, None)


def _stay_on(core: int | None) -> None:
    """Of the calling thread."""
    if core is not None:
        with suppress(OSError):  # the core was taken away meanwhile: any other will do
            os.sched_setaffinity(0, {core})
