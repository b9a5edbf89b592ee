"""`mortar tools bench memory FILE.gguf`: ways of placing a language model, their time against their memory.

Each way is measured in a process of its own. The ways take turns, and each time is set against that of the
way that Mortar takes unless it is told otherwise, in the same round.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from mortar.bricks.language.figures import memory_figures
from mortar.errors import MortarError
from mortar.runtimes.llama.placing import ON_CPU, Placing
from mortar.runtimes.llama.probe import probe
from mortar.settings import FlashAttention, KvType
from mortar_tools.bench.figures import Figure, figure, options, repeated, run
from mortar_tools.bench.placings import Load, Measured, measure

AS_IT_COMES = "as_it_comes"

WAYS: dict[str, Placing] = {
    AS_IT_COMES: ON_CPU,
    "other_repack": Placing(repack=not ON_CPU.repack),
    "flash_attention_off": Placing(flash_attention=FlashAttention.OFF),
    "kv_q8_0": Placing(kv_type=KvType.Q8_0),
    "kv_q4_0": Placing(kv_type=KvType.Q4_0),
}
"""Each differs from the first in one setting."""

ON_GPU = {"gpu": Placing(gpu_layers=-1)}

TIMES = ("load_ms", "read_ms_per_tok", "write_ms_per_tok")


def figures(path: Path, load: Load, n: int, plot: Path | None) -> Iterator[Figure]:
    """Medians of `n` rounds. A way that this model cannot take is named on standard error, and left out."""
    ways = dict(WAYS | (ON_GPU if probe().gpus else {}))
    found: dict[str, list[Measured]] = defaultdict(list)
    for _ in repeated("ways of placing the model", n):
        for name, placing in list(ways.items()):
            try:
                found[name].append(measure(path, placing, load))
            except MortarError as error:
                if name == AS_IT_COMES:
                    raise
                print(f"left out: {name}: {error.what}", file=sys.stderr)
                del ways[name]
    for name, measured in found.items():
        if name in ways:
            yield from _of_way(name, measured, found[AS_IT_COMES])
    if plot is not None:
        from mortar_tools.bench import memory_plot  # it needs the tools extra, figures do not

        memory_plot.save({name: found[name] for name in ways}, plot)


def _of_way(name: str, measured: list[Measured], usual: list[Measured]) -> Iterator[Figure]:
    for time in TIMES:
        values_ms = [getattr(one, time) for one in measured]
        yield figure(f"{name}_{time}", values_ms, "ms")
        if name != AS_IT_COMES:
            ratios = [ms / getattr(other, time) for ms, other in zip(values_ms, usual, strict=True)]
            yield figure(f"{name}_{time}_ratio", ratios, "ratio", AS_IT_COMES)
    yield figure(f"{name}_anonymous_MB", [one.anonymous_MB for one in measured], "MB")
    yield figure(f"{name}_file_MB", [one.file_MB for one in measured], "MB")
    for place, size_MB in memory_figures(measured[0].held).items():
        yield figure(f"{name}_{place}", [size_MB], "MB")


def main(argv: list[str] | None = None) -> int:
    parser = options("memory", __doc__, 5)
    parser.add_argument("file", type=Path, metavar="FILE.gguf", help="a language model")
    parser.add_argument("--prompt", type=int, default=512, metavar="TOK", help="default: 512")
    parser.add_argument("--answer", type=int, default=32, metavar="TOK", help="default: 32")
    parser.add_argument("--context", type=int, default=1024, metavar="TOK", help="default: 1024")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="default: 1")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="save memory against time")
    args = parser.parse_args(argv)
    load = Load(args.prompt, args.answer, args.context, args.threads)
    return run(args, lambda folder, n: figures(args.file, load, n, args.plot))
