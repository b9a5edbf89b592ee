"""`mortar tools tune tiles`: how many tiles one run of the vision encoder should take on this board.

A whole picture's tiles are encoded with each limit that the installed forms allow, on the unit that the
assistant would use. So the remainder counts too: nine tiles run as 4 + 4 + 1.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
from msgspec.structs import replace
from rich.console import Console

from mortar import resources, settings
from mortar.clock import now_ms
from mortar.errors import UsageError
from mortar.runtimes import forms
from mortar.runtimes.interfaces import VisionEncoder
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.places import best
from mortar_tools.bench.figures import Figure, figure, require_quiet, show
from mortar_tools.tune.keep import write

TILES = 9
"""Two by four and the thumbnail: a telephone's screen, BlueLM-V-3B's case."""

WARM_UP = 1


def sizes(model: ModelFolder) -> list[int]:
    """The batches that forms of `model` take, and single tiles, ascending. Raises UsageError where there is
    nothing to choose from."""
    installed = (one for one in forms.found(model) if isinstance(one, forms.Installed))
    found = sorted({1, *(one.form.batch for one in installed)})
    if len(found) == 1:
        raise UsageError(
            "batches-missing",
            f"no form of {model.manifest.name} takes several tiles in one run",
            "make one: mortar tools convert",
        )
    return found


def measure(
    open_encoder: Callable[[int], VisionEncoder],
    limits: Collection[int],
    part: VisionPart,
    n: int,
    times: int,
) -> dict[int, list[float]]:
    """Limit → milliseconds for `n` tiles, `times` times, by the encoder that is opened for that limit."""
    noise = np.random.default_rng(0)
    tiles = noise.integers(0, 256, (n, part.height_px, part.width_px, 3), np.uint8)
    out = np.empty((n, part.n_tok, part.n_embd), np.float32)
    spent: dict[int, list[float]] = {}
    for limit in limits:
        encoder = open_encoder(limit)
        took = []
        for _ in range(WARM_UP + times):
            began_ms = now_ms()
            encoder.encode(tiles, out)
            took.append(now_ms() - began_ms)
        encoder.close()
        spent[limit] = took[WARM_UP:]
    return spent


def quickest(ms: Mapping[int, list[float]]) -> int:
    """By the median; of equals the smallest, which needs the least memory."""
    return min(sorted(ms), key=lambda limit: statistics.median(ms[limit]))


def figures(ms: Mapping[int, list[float]], n: int) -> list[Figure]:
    return [figure(f"tiles_{n}_in_runs_of_{limit}_ms", took, "ms") for limit, took in sorted(ms.items())]


def main(argv: list[str] | None = None) -> int:
    """Measure, print, and keep what was found where that is wanted."""
    parser = argparse.ArgumentParser(prog="mortar tools tune tiles", description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=None, help="model folder (the bundled)")
    parser.add_argument("--tiles", type=int, default=TILES, help=f"with the thumbnail (default: {TILES})")
    parser.add_argument("--n", type=int, default=7, help="measurements of each limit (default: 7)")
    parser.add_argument("--board", default="host", help="whose settings are read and written (default: host)")
    parser.add_argument("--write", action="store_true", help="keep the best as eye.tile_batch")
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    options = parser.parse_args(argv)
    if options.n < 1 or options.tiles < 1:
        raise UsageError("tune-numbers", "--n and --tiles must be above 0", "correct the numbers")
    eye = settings.load(options.board).eye
    model = ModelFolder(options.model or resources.bundled_model())
    limits = sizes(model)
    require_quiet()

    def opened(limit: int) -> VisionEncoder:
        return best(replace(eye, tile_batch=limit), model)

    ms = measure(opened, limits, model.manifest.vision, options.tiles, options.n)
    show(figures(ms, options.tiles), options.json)
    chosen = quickest(ms)
    console = Console(stderr=True)
    console.print(f"fastest: at most {chosen} in one run")
    if options.write:
        console.print(f"written: {write('tile_batch', chosen, options.board)}", markup=False)
    return 0
