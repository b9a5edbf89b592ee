"""`mortar tools quantise`: bits where they count, within a budget of bytes, bits or time.

What each part of the language model bears is measured group by group, block by block and module by module;
a budget is spent on it; and the file is compared with uniform ones and llama.cpp's own mixtures on data that
nothing was decided by.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress

from mortar.errors import UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar.whole_files import UNFINISHED, written_whole
from mortar_tools.bench.figures import require_quiet
from mortar_tools.cards.things import WORK
from mortar_tools.out import require_plots
from mortar_tools.quantise import budgets, report, speed
from mortar_tools.quantise.budgets import Budget
from mortar_tools.quantise.front import MIXTURES, Candidate, Family, baselines, by_hierarchy, compared
from mortar_tools.quantise.kinds import LADDER
from mortar_tools.quantise.papers import Examiner, Paper, of_text
from mortar_tools.quantise.sensitivity import Found, Search, trials_at_most
from mortar_tools.quantise.source import Source, language_of, opened
from mortar_tools.quantise.trials import Trials

FEWEST = 2
"""Scenes: fewer have no interval."""


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
    found.add_argument("--n", type=int, default=200, help="scenes or pieces of text to measure on (200)")
    found.add_argument("--decide", type=int, default=48, help="scenes to decide by (48)")
    found.add_argument("--seed", type=int, default=0, help="another number, other scenes (0)")
    found.add_argument("--json", action="store_true", help="one JSON line a figure")
    found.add_argument("--work", type=Path, default=WORK, help="where the art of the scenes is")
    return found


def main(argv: list[str] | None = None) -> int:
    """Measure, spend, compare, write."""
    options = parser().parse_args(argv)
    _check(options)
    source = opened(language_of(options.source))
    with tempfile.TemporaryDirectory(prefix="mortar-quantise-") as name:
        folder = Path(name)
        budget = _budget(options, source, folder)
        if budget is not None:
            budgets.require_affordable(source, budget)
        deciding, measuring = (Examiner(paper, source.path) for paper in _papers(options, source.path))
        with Progress(console=Console(stderr=True), transient=True) as progress:
            _search(options, source, folder, budget, deciding, measuring, progress)
    return 0


def _search(
    options: argparse.Namespace,
    source: Source,
    folder: Path,
    budget: Budget | None,
    deciding: Examiner,
    measuring: Examiner,
    progress: Progress,
) -> None:
    """Everything between the float model and the file."""
    looking = progress.add_task("what each part bears", total=trials_at_most(source.matrices))
    found = Search(_trials(source, deciding, folder, progress, looking), options.seed).find()
    progress.remove_task(looking)
    comparing = progress.add_task("files to compare", total=len(LADDER) + len(MIXTURES))
    measured = _trials(source, measuring, folder, progress, comparing)
    candidates = list(baselines(measured))
    progress.remove_task(comparing)
    sizes = [one for one in candidates if one.family is not Family.FLOAT]
    buying = progress.add_task("spending", total=4 * (len(sizes) * (options.report is not None) + 1))
    deciding_trials = _trials(source, deciding, folder, progress, buying)
    measuring_trials = _trials(source, measuring, folder, progress, buying)

    def bought(budget: Budget, name: str) -> Candidate:
        return by_hierarchy(deciding_trials, measuring_trials, found, budget, name)

    chosen = bought(budget, options.out.name) if budget is not None else None
    if chosen is not None:
        _tell_one(options, source, candidates, chosen, measuring)
        _write(source, chosen, options.out, folder)
        if options.budget_speed is not None:
            _tell_speed(options, source, chosen, folder)
    if options.report is not None:
        _report(options, source, candidates, bought, found, measuring)


def _report(
    options: argparse.Namespace,
    source: Source,
    candidates: list[Candidate],
    bought: Callable[[Budget, str], Candidate],
    found: Found,
    measuring: Examiner,
) -> None:
    pairs = []
    for one in candidates:
        if one.family is not Family.FLOAT:
            mixed = bought(budgets.of_bytes(source, one.size_bytes), f"as large as {one.name}")
            pairs.append(compared(mixed, one, options.seed))
    every = [*candidates, *(pair.candidate for pair in pairs)]
    words = [word for word in sys.argv[1:] if word] if sys.argv[0].endswith("mortar") else []
    command = shlex.join(["mortar", *words]) if words else "mortar tools quantise"
    title = f"{len(measuring.paper)} {measuring.paper.name}"
    report.page(options.report, command, title, source, every, pairs, found.measured, options.seed)


def _tell_one(
    options: argparse.Namespace,
    source: Source,
    candidates: list[Candidate],
    chosen: Candidate,
    measuring: Examiner,
) -> None:
    pairs = [compared(chosen, one, options.seed) for one in candidates]
    every = [*candidates, chosen]
    if options.json:
        for row in report.lines(every, pairs, options.seed):
            print(msgspec.json.encode(row).decode())
    title = f"{len(measuring.paper)} {measuring.paper.name}"
    console = Console(stderr=options.json, width=200)
    console.print(report.table(report.cells(pairs, every, options.seed), title))
    console.print(f"{options.out}: {report.spent(source, chosen)}", markup=False, highlight=False)


def _tell_speed(options: argparse.Namespace, source: Source, chosen: Candidate, folder: Path) -> None:
    assert chosen.bought is not None
    found = speed.checked(source, chosen.bought.kinds, folder)
    if options.json:
        print(msgspec.json.encode(found).decode())
    low, high = found.spread
    line = f"decode: {found.value:.3f} of uniform q8_0's time ({low:.3f} to {high:.3f} in {found.n} rounds)"
    Console(stderr=options.json).print(line, highlight=False)


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


def _trials(source: Source, examiner: Examiner, folder: Path, progress: Progress, task: object) -> Trials:
    return Trials(source, examiner, folder, lambda: progress.advance(task))  # type: ignore[arg-type]


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
