"""`mortar tools tune vision`: resolution, tiles, stride and reduction chosen together, for this board.

Every combination becomes a compiled form; the whole model is asked about held-out pictures with each, and
each is timed in a process of its own. What is left is the Pareto front; what a budget allows of it, from the
best to the most frugal, is what the assistant moves along as the battery gets low.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from mortar import resources
from mortar.errors import UsageError
from mortar.runtimes.forms import Precision
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.bench.figures import require_quiet
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.evaluate.exam import Sheet, sheets
from mortar_tools.cards.things import WORK
from mortar_tools.cards.world.scene import SPLITS
from mortar_tools.out import require_plots
from mortar_tools.tune.front import Budget, front, ladder
from mortar_tools.tune.space import Conditions, Measured, ways

WATTS = 1.0
"""Of a busy core where nobody says more. Measured on no board: an RK3588's eight take 6 W more than idle."""

WORTH = 0.1
"""A point that answers so much less often than the best one is not moved to, however little it costs."""

WIDTH = 110
"""Of the table, in characters."""

PICTURE_PX = (640, 480)
"""As the camera gives it."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools tune vision", description=__doc__)
    found.add_argument("model", type=Path, nargs="?", default=None, help="model folder (the bundled)")
    found.add_argument("--n", type=int, default=60, help="held-out scenes, with 6 questions each")
    found.add_argument("--seed", type=int, default=3, help="another number, other scenes")
    found.add_argument("--resolutions", type=int, nargs="+", default=[96, 112, 128, 160], metavar="PX")
    found.add_argument("--strides", type=int, nargs="+", default=[16], metavar="PX")
    found.add_argument("--merge", type=int, nargs="+", default=[1, 2], help="tokens to one, along an edge")
    found.add_argument("--precision", type=Precision, nargs="+", default=[Precision.F16, Precision.INT8])
    found.add_argument("--threads", type=int, default=1)
    found.add_argument("--budget-ms", type=float, default=float("inf"), help="longest wait for one look")
    found.add_argument("--budget-MB", type=float, default=float("inf"), help="most memory of the encoder")
    found.add_argument("--budget-mJ", type=float, default=float("inf"), help="most energy of one look")
    found.add_argument("--watts", type=float, default=WATTS, help="of a busy core, for the energy")
    found.add_argument("--worth", type=float, default=WORTH, help="accuracy that may be given up")
    found.add_argument("--board", default="host", help="whose settings are written (default: host)")
    found.add_argument("--write", action="store_true", help="keep the chosen points for the assistant")
    found.add_argument("--out", type=Path, metavar="DIR", help="save the table and a plot")
    found.add_argument("--json", action="store_true", help="one JSON line a way of looking")
    found.add_argument("--work", type=Path, default=WORK, help="where the art of the pictures is")
    return found


def main(argv: list[str] | None = None) -> int:
    """Search, print, and keep what was found where that is wanted."""
    options = parser().parse_args(argv)
    _check(options)
    model = ModelFolder(options.model or resources.bundled_model())
    require_quiet()
    # Importing torch takes seconds; what was wrong with the command line has been said by now.
    from mortar_tools.tune.export import exported, tower_of
    from mortar_tools.tune.measure import measure

    tower = tower_of(model)
    wanted = list(
        ways(
            options.resolutions,
            options.strides,
            options.merge,
            options.precision,
            tower.shape,
            model.manifest.vision.tiles is not None,
        )
    )
    if not wanted:
        raise UsageError("space-empty", "no such tower can be made", "give other resolutions and strides")
    budget = Budget(options.budget_ms, options.budget_MB, options.budget_mJ)
    with tempfile.TemporaryDirectory(prefix="mortar-tune-") as folder:
        files = exported(tower, wanted, model, Path(folder), options.work)
        found = list(measure(files, Shipped(model.path), _conditions(options)))
        steps = ladder(found, budget, options.worth)
        _tell(found, steps, options)
        if options.write:
            from mortar_tools.tune.keep import keep

            kept = keep(steps, files, model, options.board)
            Console(stderr=True).print(f"written: {kept}", markup=False)
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.n < 1 or options.seed < 0 or options.threads < 1 or options.watts <= 0:
        raise UsageError("tune-numbers", "--n, --threads and --watts must be above 0", "correct the numbers")
    if options.out is not None:
        require_plots(options.out)
    if options.write:
        resources.profile(options.board)


def _conditions(options: argparse.Namespace) -> Conditions:
    start = options.seed * options.n
    numbers = SPLITS["test"][start : start + options.n]

    def paper() -> Iterator[Sheet]:
        return sheets(numbers, None, options.seed, options.work)

    return Conditions(paper, len(numbers), PICTURE_PX, options.threads, times=20, watts=options.watts)


def _tell(found: Sequence[Measured], steps: Sequence[Measured], options: argparse.Namespace) -> None:
    best = front(found)
    if options.json:
        for one in found:
            held = {**_as_row(one), "on_front": one in best, "chosen": one in steps}
            print(msgspec.json.encode(held).decode())
    table = _table(found, best, steps)
    # Names and figures whole, however narrow the terminal.
    Console(stderr=options.json, width=WIDTH).print(table)
    if options.out is not None:
        from mortar_tools.tune import plot

        plot.save(found, best, steps, options.out / "front.svg")
        rows = [{**_as_row(one), "on_front": one in best, "chosen": one in steps} for one in found]
        lines = b"\n".join(map(msgspec.json.encode, rows)) + b"\n"
        (options.out / "front.jsonl").write_bytes(lines)


def _as_row(one: Measured) -> dict[str, object]:
    return {
        "name": one.way.name,
        "n_tok": one.n_tok,
        "accuracy": one.accuracy,
        "interval": one.interval,
        **asdict(one.cost),
        "energy_mJ": one.energy_mJ,
    }


def _table(found: Sequence[Measured], best: Sequence[Measured], steps: Sequence[Measured]) -> Table:
    table = Table(box=None, header_style="dim")
    for title in ("way of looking", "tokens", "right", "95 %", "wait ms", "memory MB", "energy mJ", ""):
        is_text = title in ("way of looking", "")
        table.add_column(title, justify="left" if is_text else "right", no_wrap=True)
    for one in sorted(found, key=lambda one: (-one.accuracy, one.cost.wait_ms)):
        table.add_row(
            one.way.name,
            str(one.n_tok),
            f"{one.accuracy:.3f}",
            f"{one.interval[0]:.3f} to {one.interval[1]:.3f}",
            f"{one.cost.wait_ms:.1f}",
            f"{one.cost.memory_MB:.0f}",
            f"{one.energy_mJ:.1f}",
            "chosen" if one in steps else "front" if one in best else "",
        )
    return table
