"""`mortar tools bench language`: waits, memory and speed of the language brick, against one block.

On the bundled model, and on random weights in the shapes of SmolVLM-256M (which sees) and Qwen2-0.5B (text).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mortar_tools.bench import bare_decode, felt_wait, speculation, tree_memory, warm_start
from mortar_tools.bench.figures import Figure, options, run
from mortar_tools.bench.language_plots import plot
from mortar_tools.bench.models import models

N = 7


def measure(folder: Path, n: int) -> Iterator[Figure]:
    for measured in models(folder):
        own = folder / f"{measured.name}-work"
        own.mkdir()
        if measured.sees:
            yield from felt_wait.measure(measured, own, n)
            yield from tree_memory.measure(measured, own)
        if not measured.is_variant:
            yield from warm_start.measure(measured, own, n)
            yield from bare_decode.measure(measured, n)
    yield from speculation.measure(folder, n)


def main(argv: list[str] | None = None) -> int:
    parser = options("language", __doc__, N)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="save the plot there")
    args = parser.parse_args(argv)
    seen: list[Figure] = []

    def measured(folder: Path, n: int) -> Iterator[Figure]:
        for one in measure(folder, n):
            seen.append(one)
            yield one

    status = run(args, measured)
    if args.out is not None:
        plot(seen, args.out)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
