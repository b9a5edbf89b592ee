"""`mortar tools calibrate`: from which score on an answer of each model of a cascade is relied on.

Small to large, the models are asked one question about each of many held-out scenes. Part of the questions
sets the thresholds, so that of the answers that pass at most a wanted share is wrong; the others say what the
cascade is worth against always asking the smallest or the largest.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mortar.errors import MortarError, UsageError
from mortar.settings import Cascade, RunOptions, Settings
from mortar.tiers import tiers
from mortar_tools.calibrate.bound import upper_limit
from mortar_tools.calibrate.figures import Figure, as_lines, figures
from mortar_tools.calibrate.replies import Replies, replies, scenes
from mortar_tools.calibrate.thresholds import NEVER, Questions, Rule, asked_first, calibrated, parts
from mortar_tools.cards.things import WORK
from mortar_tools.cards.world import art
from mortar_tools.out import require_plots

BUNDLED = ("small", "base")

FEWEST = 50
"""Questions of all."""

WIDTH = 110
"""Of the tables, in characters."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools calibrate", description=__doc__)
    found.add_argument("models", nargs="*", default=BUNDLED, help="as in cascade.models (small base)")
    found.add_argument(
        "--error", type=float, default=0.05, help="wanted share of wrong answers among sure ones"
    )
    found.add_argument("--confidence", type=float, default=0.95, help="with which that holds")
    found.add_argument("--n", type=int, default=4200, help="held-out scenes, with one question each")
    found.add_argument("--seed", type=int, default=0, help="another number, other scenes")
    found.add_argument("--write", action="store_true", help="keep the thresholds in the models' manifests")
    found.add_argument("--out", type=Path, metavar="DIR", help="save the figures and two plots")
    found.add_argument("--json", action="store_true", help="one JSON line a figure")
    found.add_argument("--work", type=Path, default=WORK, help="where the art of the pictures is")
    return found


def main(argv: list[str] | None = None) -> int:
    """Ask, calibrate, print; keep the thresholds where that is wanted."""
    options = parser().parse_args(argv)
    _check(options)
    numbers = scenes(options.n, options.seed)
    asked = tiers(RunOptions(), Settings(cascade=Cascade(models=list(options.models))))
    models = replies(asked, numbers, options.seed, options.work)
    split = parts(len(models[0]), len(models), options.seed)
    promise = options.error, options.confidence
    rules = calibrated(models, split, *promise)
    firsts = asked_first(models, rules, split, *promise)
    found = figures(models, firsts, rules, split.test, options.seed)
    if options.json:
        print("\n".join(as_lines(found)))
    else:
        _tell(models, firsts, rules, found, options)
    if options.out is not None:
        _save(models, rules, found, split.test, options)
    if options.write:
        from mortar_tools.calibrate.keep import keep

        for path in keep(models, firsts, rules, *promise):
            Console(stderr=True).print(f"written: {path}", markup=False)
    return 0


def _check(options: argparse.Namespace) -> None:
    if not (0 < options.error < 1 and 0 < options.confidence < 1):
        raise UsageError(
            "calibrate-numbers", "--error and --confidence lie between 0 and 1", "correct the numbers"
        )
    if options.n < FEWEST:
        raise UsageError("calibrate-numbers", f"--n {options.n} says nothing", f"ask {FEWEST} or more")
    if not art.complete(options.work):
        raise MortarError(
            "art-missing",
            f"there are not the pictograms of all things in {options.work}",
            "fetch them: mortar tools make art",
        )
    if options.out is not None:
        require_plots(options.out)


def _save(
    models: Sequence[Replies],
    rules: Sequence[Rule],
    found: Sequence[Figure],
    test: Questions,
    options: argparse.Namespace,
) -> None:
    from mortar_tools.calibrate import plot, report

    given = f"mortar tools calibrate {' '.join(options.models)} --n {options.n} --seed {options.seed}"
    report.write(options.out, f"{given} --error {options.error}", models, found)
    plot.save(models, rules, test, options.seed, options.out)
    (options.out / "figures.jsonl").write_text(
        "".join(f"{line}\n" for line in as_lines(found)), encoding="utf-8"
    )


def _tell(
    models: Sequence[Replies],
    firsts: Sequence[Rule],
    rules: Sequence[Rule],
    found: Sequence[Figure],
    options: argparse.Namespace,
) -> None:
    console = Console(width=WIDTH)
    titles = ("model", "self-test", "sure from", "wrong of sure", "at most")
    thresholds = Table(*titles, box=None, header_style="dim")
    shared = 1 - (1 - options.confidence) / len(models)
    rows = [
        *((model.name, rule, shared) for model, rule in zip(models, rules, strict=True)),
        *(
            (f"{model.name} alone", rule, options.confidence)
            for model, rule in zip(models[1:], firsts[1:], strict=True)
        ),
    ]
    for name, rule, confidence in rows:
        least = "never" if rule.least == NEVER else f"{rule.least:.4g}"
        limit = f"{upper_limit(rule.wrong, rule.n, confidence):.3f}"
        thresholds.add_row(name, str(rule.test), least, f"{rule.wrong} of {rule.n}", limit)
    console.print(thresholds)
    told = Table("figure", "value", "95 %", "", box=None, header_style="dim")
    for one in found:
        low, high = one.interval
        told.add_row(one.name, f"{one.value:.3f}", f"{low:.3f} to {high:.3f}", one.meaning)
    console.print(told)
