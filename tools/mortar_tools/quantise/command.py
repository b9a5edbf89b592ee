"""`mortar tools quantise`: bits where they count, within a budget of bytes, bits or time.

What each part of the language model bears is measured group by group, block by block and module by module;
a budget is spent on it; and the file is compared with uniform ones and llama.cpp's own mixtures on data that
nothing was decided by.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress

from mortar.errors import UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar.whole_files import UNFINISHED, written_whole
from mortar_tools.bench.figures import Figure, require_quiet
from mortar_tools.cards.things import WORK
from mortar_tools.out import require_plots
from mortar_tools.quantise import budgets, report, speed
from mortar_tools.quantise.budgets import Budget
from mortar_tools.quantise.front import Candidate, compared
from mortar_tools.quantise.papers import Examiner, Paper, of_text
from mortar_tools.quantise.source import Source, language_of, opened
from mortar_tools.quantise.study import Study

FEWEST = 2
"""Scenes: fewer have no interval."""

SCENES, PIECES = 200, 24
"""That are measured on where nobody says more."""

WIDTH = 190
"""Of the table, in characters: every figure has its interval."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools quantise", description=__doc__)
    found.add_argument("source", type=Path, help="GGUF in f32 or f16, or a model folder that has one")
    budget = found.add_mutually_exclusive_group()
    budget.add_argument("--budget-bytes", type=int, metavar="N", help="most bytes of the file")
    budget.add_argument(
        "--bits", type=float, metavar="B", help="most bits a number of its matrices, on average"
    )
    budget.add_argument(
        "--budget-speed", type=float, metavar="RATIO", help="most decode time, against uniform q8_0 = 1"
    )
    found.add_argument("--out", type=Path, metavar="FILE", help="GGUF to write; needs a budget")
    found.add_argument("--report", type=Path, metavar="DIR", help="write a page with the whole front")
    found.add_argument("--text", type=Path, metavar="FILE", help="plain text to measure on instead of scenes")
    found.add_argument(
        "--n",
        type=int,
        help=f"to measure on: scenes ({SCENES}) or pieces of text ({PIECES}; as many to decide by)",
    )
    found.add_argument("--decide", type=int, default=64, help="scenes to decide by (64)")
    found.add_argument("--seed", type=int, default=0, help="another number, other scenes (0)")
    found.add_argument("--json", action="store_true", help="one JSON line a figure")
    found.add_argument("--work", type=Path, default=WORK, help="where the art of the scenes is")
    return found


def main(argv: list[str] | None = None) -> int:
    """Measure, spend, compare, write."""
    options = parser().parse_args(argv)
    if options.n is None:
        options.n = PIECES if options.text else SCENES
    _check(options)
    source = opened(language_of(options.source))
    with tempfile.TemporaryDirectory(prefix="mortar-quantise-") as name:
        folder = Path(name)
        budget = _budget(options, source, folder)
        if budget is not None:
            budgets.require_affordable(source, budget)
        to_decide, to_measure = _papers(options, source.path)
        deciding = Examiner(to_decide, source.path, folder / "deciding")
        measuring = Examiner(to_measure, source.path, folder / "measuring")
        with Progress(console=Console(stderr=True), transient=True) as bar:
            study = Study(source, deciding, measuring, folder, options.seed, bar)
            chosen = study.spend(budget, options.out.name) if budget else None
            pairs = list(study.front()) if options.report else []
        if chosen is not None:
            _tell(options, study, chosen)
            _write(source, chosen, options.out, folder)
        if options.budget_speed is not None and chosen is not None:
            _tell_speed(options, speed.checked(source, chosen, folder))
        if options.report is not None:
            report.page(options.report, _command(options), study, pairs)
    return 0


def _tell(options: argparse.Namespace, study: Study, chosen: Candidate) -> None:
    pairs = [compared(chosen, one, options.seed) for one in study.baselines]
    if options.json:
        for row in report.lines([*study.baselines, chosen], pairs, options.seed):
            print(msgspec.json.encode(row).decode())
    console = Console(stderr=options.json, width=WIDTH)
    console.print(report.table(study, pairs))
    console.print(report.spent(study.source, chosen), markup=False, highlight=False, soft_wrap=True)


def _tell_speed(options: argparse.Namespace, found: Figure) -> None:
    if options.json:
        print(msgspec.json.encode(found).decode())
    low, high = found.spread
    line = f"decode: {found.value:.3f} of {found.against}'s time ({low:.3f} to {high:.3f}, {found.n} rounds)"
    Console(stderr=options.json).print(line, highlight=False)


def _command(options: argparse.Namespace) -> str:
    """What decides what is found."""
    text = ["--text", str(options.text)] if options.text else []
    numbers = ["--n", str(options.n), "--decide", str(options.decide), "--seed", str(options.seed)]
    source = options.source.name or str(options.source)
    return shlex.join(
        ["mortar", "tools", "quantise", source, *text, *numbers, "--report", str(options.report)]
    )


def _check(options: argparse.Namespace) -> None:
    """Raises UsageError for what cannot be meant."""
    has_budget = any(held is not None for held in (options.budget_bytes, options.bits, options.budget_speed))
    if has_budget != (options.out is not None) or (options.out is None and options.report is None):
        raise UsageError(
            "quantise-what",
            "a file needs a budget, and a budget a file",
            "give --out FILE with --budget-bytes, --bits or --budget-speed; or --report DIR for the front",
        )
    if min(options.n, options.decide) < FEWEST or options.seed < 0:
        raise UsageError(
            "quantise-numbers", f"--n and --decide are {FEWEST} at least, --seed 0", "correct the numbers"
        )
    if options.out is not None and not options.out.absolute().parent.is_dir():
        raise UsageError("out-unusable", f"there is no folder {options.out.parent}", "choose another")
    if options.report is not None:
        require_plots(options.report)


def _budget(options: argparse.Namespace, source: Source, folder: Path) -> Budget | None:
    if options.budget_bytes is not None:
        return budgets.of_bytes(source, options.budget_bytes)
    if options.bits is not None:
        return budgets.of_bits(source, options.bits)
    if options.budget_speed is not None:
        require_quiet()
        return speed.of_speed(source, speed.of_kinds(source, folder), options.budget_speed)
    return None


def _papers(options: argparse.Namespace, language: Path) -> tuple[Paper, Paper]:
    """To decide by, and to measure on. Raises UsageError where there is neither text nor scenes."""
    if options.text is not None:
        return of_text(options.text, language, options.n)
    model = ModelFolder(options.source) if options.source.is_dir() else None
    if model is None or model.manifest.taught is None:
        raise UsageError(
            "nothing-to-measure-on",
            f"{options.source} is not known to answer questions about cards",
            "give a text in its language: --text FILE",
        )
    # Drawing scenes needs packages that reading a text does not.
    from mortar_tools.quantise.cards_paper import of_scenes

    return of_scenes(model, options.decide, options.n, options.seed, options.work)


def _write(source: Source, chosen: Candidate, out: Path, folder: Path) -> None:
    """The chosen file gets its name when it is whole."""
    assert chosen.bought is not None
    made = folder / "chosen.gguf"
    source.write(chosen.bought.kinds, made)
    try:
        with made.open("rb") as file, written_whole(out, out.with_name(UNFINISHED), mode=0o644) as target:
            shutil.copyfileobj(file, target)
    except OSError as error:
        raise UsageError("out-unusable", f"{out}: {error.strerror}", "choose another") from None
