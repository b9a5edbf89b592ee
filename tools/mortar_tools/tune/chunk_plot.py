"""Chunk sizes, by the rate at which they are read and by how long who asks may wait for one."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

from mortar_tools.bench.figures import Figure

if TYPE_CHECKING:
    from mortar_tools.tune.reading import Reading


def save(found: Mapping[int, Sequence[Reading]], chosen: int, model: str, path: Path) -> None:
    """Medians, with the smallest and largest; the chosen size is marked."""
    figure, (rates, waits) = pyplot.subplots(1, 2, figsize=(8, 3.5), layout="constrained")
    sizes = sorted(found)
    for axes, name, label in (
        (rates, "tok_per_s", "read (tokens/s)"),
        (waits, "longest_ms", "longest chunk (ms)"),
    ):
        values = [[getattr(one, name) for one in found[size]] for size in sizes]
        middles = [statistics.median(held) for held in values]
        below = [middle - min(held) for middle, held in zip(middles, values, strict=True)]
        above = [max(held) - middle for middle, held in zip(middles, values, strict=True)]
        axes.errorbar(sizes, middles, yerr=[below, above], color="tab:blue", marker="o", lw=1)
        axes.axvline(chosen, color="0.7", ls="--", lw=1)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.set_xlabel("tokens in a chunk")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    figure.suptitle(f"{model}: chunks of {chosen} tokens are chosen")
    figure.savefig(path)
    pyplot.close(figure)


def save_figures(figures: Sequence[Figure], path: Path) -> None:
    path.write_text("".join(f"{json.dumps(asdict(one))}\n" for one in figures), encoding="utf-8")
