"""`mortar tools tune language`: how many tokens the language model should read at once on this board.

Larger chunks are read at a higher rate, and who asks waits for one of them. The same tokens are read in
chunks of each size; the smallest whose rate comes near the best one's is chosen. Both papers about phones
chose theirs by such a measurement: BlueLM-V-3B 128 tokens, mllm-NPU 256.

Beside that it tells from how many tokens on the begin of prompts is worth a file: what restoring it takes
over reading it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec.structs import replace
from rich.console import Console

from mortar import resources, settings
from mortar.bricks.language.mirror import Entry
from mortar.clock import now_ms
from mortar.errors import UsageError
from mortar.runtimes import choose
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.bench.figures import Figure, figure, repeated, require_quiet, show
from mortar_tools.out import require_plots
from mortar_tools.tune.keep import write
from mortar_tools.tune.reading import Reading, read
from mortar_tools.tune.restoring import measure as measure_restoring

SIZES_TOK = (16, 32, 64, 128, 256, 512)

SLOWER = 0.1
"""Share of the best rate that may be given up for a shorter wait. A judgement."""


def measure(model: LanguageModel, sizes_tok: Iterable[int], n_tok: int, n: int) -> dict[int, list[Reading]]:
    """Size of a chunk → `n` readings of the same tokens. The sizes take turns, so that all of them meet the
    same weather; the first turn warms up and is left out."""
    tokens: list[Entry] = np.random.default_rng(0).integers(0, model.n_vocab, n_tok).tolist()
    found: dict[int, list[Reading]] = {size: [] for size in sizes_tok}
    for turn in repeated("reading", n + 1):
        for size, readings in found.items():
            reading = read(model, tokens, size, now_ms)
            if turn > 0:
                readings.append(reading)
    return found


def best(found: Mapping[int, Sequence[Reading]], slower: float) -> int:
    """The smallest size whose median rate is at most the share `slower` below the best one's."""
    rates = {size: statistics.median(one.tok_per_s for one in readings) for size, readings in found.items()}
    return min(size for size, rate in rates.items() if rate >= (1 - slower) * max(rates.values()))


def figures(found: Mapping[int, Sequence[Reading]]) -> list[Figure]:
    made = []
    for size, readings in sorted(found.items()):
        made += [
            figure(f"chunks_of_{size}_tok_per_s", [one.tok_per_s for one in readings], "tok/s"),
            figure(f"chunks_of_{size}_longest_ms", [one.longest_ms for one in readings], "ms"),
        ]
    return made


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools tune language", description=__doc__)
    found.add_argument("model", type=Path, nargs="?", default=None, help="model folder (the bundled)")
    found.add_argument("--tok", type=int, default=512, help="tokens that are read (default: 512)")
    found.add_argument("--n", type=int, default=7, help="readings of each size (default: 7)")
    found.add_argument("--slower", type=float, default=SLOWER, help=f"rate given up (default: {SLOWER})")
    found.add_argument("--board", default="host", help="whose settings are read and written (default: host)")
    found.add_argument("--write", action="store_true", help="keep the best as language.chunk_tok")
    found.add_argument("--out", type=Path, metavar="DIR", help="save the figures and a plot")
    found.add_argument("--json", action="store_true", help="one JSON object a figure")
    return found


def main(argv: list[str] | None = None) -> int:
    """Measure, print, and keep what was found where that is wanted."""
    options = parser().parse_args(argv)
    if options.n < 1 or options.tok < max(SIZES_TOK) or not 0 <= options.slower < 1:
        raise UsageError(
            "tune-numbers",
            f"--n must be above 0, --tok {max(SIZES_TOK)} at least, --slower a share below 1",
            "correct the numbers",
        )
    if options.out is not None:
        require_plots(options.out)
    folder = ModelFolder(options.model or resources.bundled_model())
    language = replace(settings.load(options.board).language, context_tok=options.tok)
    require_quiet()
    model = choose.language_model(language, folder, lambda: False)
    found = measure(model, SIZES_TOK, options.tok, options.n)
    chosen = best(found, options.slower)
    with tempfile.TemporaryDirectory(prefix="mortar-tune-") as files:
        restoring = list(measure_restoring(model, chosen, options.n, Path(files)))
    show([*figures(found), *restoring], options.json)
    console = Console(stderr=True)
    console.print(f"chosen: chunks of {chosen} tokens, on {model.unit}, by {language.threads} threads")
    if options.out is not None:
        from mortar_tools.tune import chunk_plot

        chunk_plot.save(found, chosen, folder.manifest.name, options.out / "chunks.svg")
        chunk_plot.save_figures([*figures(found), *restoring], options.out / "chunks.jsonl")
    if options.write:
        path = write("chunk_tok", chosen, options.board, section="language")
        console.print(f"written: {path}", markup=False)
    return 0
