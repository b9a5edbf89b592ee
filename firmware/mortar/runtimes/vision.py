"""Vision encoders put together from compiled graphs, whose shapes are fixed.

A graph takes a fixed number of pictures. `Batches` feeds any number of them through graphs of several
sizes: nine tiles go as 4 + 4 + 1 (BlueLM-V-3B §3.2).
"""

from __future__ import annotations

from collections.abc import Sequence

from mortar.runtimes.interfaces import Floats, Pixels, VisionEncoder, VisionGraph


class Batches(VisionEncoder):
    """A VisionEncoder over graphs of one unit and different batches, one of them a batch of 1."""

    def __init__(self, graphs: Sequence[VisionGraph], n_tok: int, n_embd: int) -> None:
        self.unit = graphs[0].unit
        self.n_tok = n_tok
        self.n_embd = n_embd
        self._graphs = sorted(graphs, key=lambda graph: -graph.batch)
        if self._graphs[-1].batch != 1:
            raise ValueError("without a graph for one picture there is no encoding 5 of them in fours")

    def encode(self, pictures: Pixels, out: Floats) -> None:
        at = 0
        for graph in self._graphs:
            while len(pictures) - at >= graph.batch:
                graph.run(pictures[at : at + graph.batch], out[at : at + graph.batch])
                at += graph.batch

    def close(self) -> None:
        for graph in self._graphs:
            graph.close()
