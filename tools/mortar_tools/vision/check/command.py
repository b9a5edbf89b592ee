"""`mortar tools check vision`: every compiled form of a vision encoder against the reference."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Column, Table

from mortar import resources
from mortar.errors import MortarError, UsageError
from mortar.runtimes.forms import Installed, Precision, Runtime
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.things import WORK
from mortar_tools.cards.world.scene import SPLITS
from mortar_tools.out import require_plots
from mortar_tools.vision import sidecar as sidecars
from mortar_tools.vision.check.encoders import by, forms, opened, reference
from mortar_tools.vision.check.hybrid import mended
from mortar_tools.vision.check.results import POINTS, Result
from mortar_tools.vision.check.study import Study, drawn, in_folder

FEWEST = 2
"""Scenes: fewer have no interval."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="mortar tools check vision",
        description="Whether the compiled forms of a vision encoder still see what it sees.",
    )
    found.add_argument("model", type=Path, nargs="?", default=resources.bundled_model(), help="model folder")
    found.add_argument(
        "--form", action="append", default=[], metavar="NAME", help="any with this in its name"
    )
    found.add_argument("--n", type=int, default=200, help="drawn scenes (default: 200)")
    found.add_argument("--seed", type=int, default=0, help="another number, other scenes (default: 0)")
    found.add_argument(
        "--pictures", type=Path, metavar="DIR", help="these instead: tokens are compared alone"
    )
    found.add_argument(
        "--mend", action="store_true", help="make hybrid forms of INT8 ones that lose too much"
    )
    found.add_argument("--report", type=Path, metavar="DIR", help="write a page with plots")
    found.add_argument("--json", action="store_true", help="one JSON line a form")
    found.add_argument("--work", type=Path, default=WORK, help="where art and checkpoints are")
    return found


def main(argv: list[str] | None = None) -> int:
    """Check, and write what was found into the sidecars; 1 where a form is not good enough."""
    options = parser().parse_args(argv)
    most = len(SPLITS["test"]) // (abs(options.seed) + 1)
    if options.seed < 0 or not FEWEST <= options.n <= most:
        raise UsageError(
            "scenes-impossible",
            f"there are no {options.n} test scenes for seed {options.seed}",
            f"use a seed of 0 or more, and {FEWEST} to {most} scenes",
        )
    if options.report is not None:
        require_plots(options.report)
    model, told = ModelFolder(options.model), list[str]()
    chosen = forms(model, options.form)
    study, console = started(model, options), Console(stderr=True)

    def tell(line: str) -> None:
        told.append(line)
        console.print(line, highlight=False, soft_wrap=True)

    found = [one for form in chosen for one in checked(study, model, form, options.mend, tell)]
    if options.json:
        for one in found:
            print(json.dumps(one.as_json()))
    else:
        Console().print(as_table(found))
    if options.report is not None:
        from mortar_tools.vision.check import report  # plotting needs a package that checking does not

        command = shlex.join(["mortar", "tools", "check", "vision", *reproducing(options)])
        report.write(options.report, command, found, study.whole, told, study.pictures)
    better = {one.name for one in found if one.precision is Precision.HYBRID and not one.trouble}
    bad = [one for one in found if one.trouble and one.name.replace("int8", "hybrid") not in better]
    return 1 if bad else 0


def started(model: ModelFolder, options: argparse.Namespace) -> Study:
    """The pictures, already shown to the reference."""
    if options.pictures is not None:
        shown = in_folder(model, options.pictures)
        return Study(model, reference(model), shown, [], options.seed)
    shown, paper = drawn(model, options.n, options.seed, options.work)
    return Study(model, reference(model), shown, paper, options.seed)


def checked(
    study: Study, model: ModelFolder, one: Installed, mend: bool, tell: Callable[[str], None]
) -> list[Result]:
    """What was found about a form, now in its sidecar, and about the hybrid one that was made of it."""
    form = one.form
    with opened(one, model) as encode:
        found = study.result(encode, one.name, form.precision, by(form))
    try:
        sidecars.write(msgspec.structs.replace(form, checked=found.checked), one.sidecar)
    except OSError as error:
        raise MortarError(
            "form-unwritable", f"{one.sidecar}: {error.strerror}", "make that folder writable"
        ) from None
    is_rknn_int8 = (form.runtime, form.precision) == (Runtime.RKNN, Precision.INT8)
    if not (mend and found.trouble and found.lost is not None and is_rknn_int8):
        return [found]
    tell(f"{found.name}: {found.trouble}")
    hybrid = mended(study, one, found, tell)
    return [found, hybrid] if hybrid else [found]


def reproducing(options: argparse.Namespace) -> list[str]:
    """The options that decide what is found."""
    named = [word for name in options.form for word in ("--form", name)]
    if options.pictures is not None:
        return [*named, "--pictures", str(options.pictures)]
    mend = ["--mend"] if options.mend else []
    return [*named, "--n", str(options.n), "--seed", str(options.seed), *mend]


def as_table(found: Sequence[Result]) -> Table:
    """For people."""
    form = Column("form", overflow="fold")
    table = Table(form, "mean cosine", "worst token", "points lost", "", title=f"against {found[0].against}")
    for one in found:
        lost = "" if one.lost is None else f"{one.lost.value * POINTS:.2f}"
        near = (f"{one.nearness.mean:.6f}", f"{one.nearness.worst:.6f}")
        table.add_row(one.name, *near, lost, one.trouble or "good")
    return table
