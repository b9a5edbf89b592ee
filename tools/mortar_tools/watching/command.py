"""`mortar tools eval watching`: which changes the gate before the vision encoder misses, and what it lets by.

The frames are drawn from seeds: cards on tables, in noise, light that drifts, exposure that flickers and a
camera that shakes; a card is put down, taken away or moved, a hand passes. No real camera is in these
figures. The gate's numbers were chosen on other seeds (--tune shows those).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from mortar.errors import UsageError
from mortar_tools.cards.evaluate.figures import Figure, as_json, as_table
from mortar_tools.out import require_plots
from mortar_tools.processes import in_processes
from mortar_tools.watching.figures import Point, curve, figures
from mortar_tools.watching.measures import MEASURES
from mortar_tools.watching.outcomes import Asked, outcomes
from mortar_tools.watching.sequences import SEEDS, Kind


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools eval watching", description=__doc__)
    found.add_argument("--n", type=int, default=30, help="sequences of each kind (default: 30)")
    found.add_argument("--seed", type=int, default=0, help="another number, other sequences (default: 0)")
    found.add_argument("--tune", action="store_true", help="the seeds that the gate's numbers come from")
    found.add_argument("--out", type=Path, metavar="DIR", help="write watching.svg and watching.json")
    found.add_argument("--json", action="store_true", help="one JSON object a figure")
    return found


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    asked = checked(options)
    found = [one for held in in_processes("watching", outcomes, asked) for one in held]
    first = asked[0].seed
    told = list(figures(found, first))
    curves = {name: curve(found, name, first) for name in MEASURES}
    (as_json if options.json else as_table)(told)
    if options.out is not None:
        write(options, told, curves, first)
    return 0


def checked(options: argparse.Namespace) -> Sequence[Asked]:
    """Raises UsageError for what would fail only after minutes."""
    if options.n < 1 or options.seed < 0:
        raise UsageError(
            "n-wrong",
            f"--n {options.n} --seed {options.seed} measures nothing",
            "give --n 1 or more and --seed 0 or more",
        )
    if options.out is not None:
        require_plots(options.out)
    first = SEEDS["tune" if options.tune else "test"] + options.seed
    return [Asked(kind, first + number) for kind in Kind for number in range(options.n)]


def write(
    options: argparse.Namespace,
    told: Sequence[Figure],
    curves: Mapping[str, Sequence[Point]],
    seed: int,
) -> None:
    """watching.svg and watching.json in --out."""
    from mortar_tools.watching import plots  # plotting needs a package that measuring does not

    table = {
        "sequences": options.n,
        "figures": [asdict(figure) for figure in told],
        "curves": {name: [asdict(point) for point in points] for name, points in curves.items()},
    }
    (options.out / "watching.json").write_text(json.dumps(table, indent=1) + "\n")
    title = f"{options.n} drawn sequences of each of {len(Kind)} kinds; circles are the limits in use"
    plots.save(options.out / "watching.svg", title, curves, seed)
