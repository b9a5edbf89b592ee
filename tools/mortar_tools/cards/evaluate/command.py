"""The command line of `mortar tools eval cards`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

from mortar.errors import MortarError, UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.answerers.answer import Answerer
from mortar_tools.cards.answerers.backends import BACKENDS, COMPARED, Candidate
from mortar_tools.cards.evaluate.compare import compare
from mortar_tools.cards.evaluate.exam import Exam, Sheet, examine, sheets, shuffled
from mortar_tools.cards.evaluate.figures import Figure, as_json, as_table
from mortar_tools.cards.evaluate.results import control_figures, figures, unseen_figures
from mortar_tools.cards.things import CARDS, REPOSITORY, SIZES, WORK, folder_of
from mortar_tools.cards.world import art
from mortar_tools.cards.world.art import UNSEEN_STYLE
from mortar_tools.cards.world.scene import SPLITS

FOLDERS = {size: folder_of(size, CARDS) for size in SIZES}
"""Size → folder of its files."""

SIDE_SHARE = 4
"""The shuffled control and the unseen style have one scene for so many of the exam proper."""
FEWEST = 2
"""Scenes of any exam: a picture can only be another's if there are two."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="mortar tools eval cards",
        description="How good the picture cards' model is, on scenes that nobody trained on.",
    )
    found.add_argument("--n", type=int, default=500, help="scenes (default: 500)")
    found.add_argument("--seed", type=int, default=0, help="another number, other scenes (default: 0)")
    found.add_argument("--size", choices=FOLDERS, default="base", help="default: base")
    found.add_argument("--model", type=Path, metavar="DIR", help="model folder, instead of the size's own")
    found.add_argument("--backend", choices=BACKENDS, default="files", help="who answers (default: files)")
    found.add_argument("--compare", action="store_true", help=f"{', '.join(COMPARED)}: do they agree?")
    found.add_argument("--out", type=Path, metavar="DIR", help="write a report with plots")
    found.add_argument("--json", action="store_true", help="one JSON line a figure")
    found.add_argument("--work", type=Path, default=WORK, help="where art and checkpoints are")
    return found


def main(argv: list[str] | None = None) -> int:
    """Evaluate, and print the figures."""
    options = parser().parse_args(argv)
    check(options)
    candidate = Candidate(options.size, options.model or FOLDERS[options.size], options.work)
    found = compared(candidate, options) if options.compare else evaluated(candidate, options)
    (as_json if options.json else as_table)(found)
    return 0


def check(options: argparse.Namespace) -> None:
    """Raise UsageError for what would fail only after minutes; make the folder for the report."""
    most = len(SPLITS["test"]) // (abs(options.seed) + 1)
    if options.seed < 0 or not FEWEST <= options.n <= most:
        raise UsageError(
            "scenes-impossible",
            f"there are no {options.n} test scenes for seed {options.seed}",
            f"use a seed of 0 or more, and {FEWEST} to {most} scenes",
        )
    if not art.complete(options.work):
        raise MortarError(
            "art-missing",
            f"there are not the pictograms of all things in {options.work}",
            "fetch them: mortar tools make art",
        )
    if options.out is None:
        return
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            "out-unusable", f"{options.out}: {error.strerror}", "choose another folder for --out"
        ) from None
    import_module("matplotlib")


def numbers(split: str, options: argparse.Namespace, n: int) -> range:
    """n scenes of a split: no two seeds share one."""
    start = options.seed * options.n
    return SPLITS[split][start : start + n]


def evaluated(candidate: Candidate, options: argparse.Namespace) -> list[Figure]:
    """Figures of the exam proper, of the shuffled control and of the unseen style."""
    n, seed = options.n, options.seed
    side = max(FEWEST, n // SIDE_SHARE)
    test, unseen = numbers("test", options, n), numbers("unseen", options, side)

    def paper(scenes: range, style: str | None) -> Iterator[Sheet]:
        return sheets(scenes, style, seed, candidate.work)

    with BACKENDS[options.backend](candidate) as answerer:

        def taken(paper: Iterator[Sheet], scenes: int, title: str) -> Exam:
            return examine({title: answerer}, paper, scenes, title)[title]

        exam = taken(paper(test, None), n, "exam")
        control = taken(shuffled(paper(test[:side], None)), side - 1, "with pictures shuffled")
        strange = taken(paper(unseen, UNSEEN_STYLE), side, "in an unseen style")
    found = [*figures(exam, seed), *unseen_figures(strange, seed), *control_figures(control, seed)]
    if options.out is not None:
        from mortar_tools.cards.evaluate import report  # plotting needs a package that asking does not

        subject = report.Subject(
            told_folder(candidate), f"--backend {options.backend}", options.size, n, seed
        )
        report.write(options.out, subject, found, exam, report.learning_curves(FOLDERS))
    return found


def told_folder(candidate: Candidate) -> str:
    """The model's folder for a report: one in the repository without where that lies."""
    folder = candidate.folder.resolve()
    return str(folder.relative_to(REPOSITORY) if folder.is_relative_to(REPOSITORY) else candidate.folder)


def check_exported(candidate: Candidate) -> None:
    """Raise MortarError where the files are not of the checkpoint that they are compared with."""
    from mortar_tools.cards.training import checkpoint

    state = checkpoint.load(checkpoint.path_of(candidate.work, candidate.size))
    exported = ModelFolder(candidate.folder).manifest.about.get("trained_steps")
    if exported != state["step"]:
        raise MortarError(
            "models-differ",
            f"{candidate.folder} was exported after {exported} steps, the checkpoint has {state['step']}",
            "export it: mortar tools train export",
        )


def compared(candidate: Candidate, options: argparse.Namespace) -> list[Figure]:
    """Figures of each of COMPARED on the same scenes, and how far they are apart."""
    check_exported(candidate)
    with ExitStack() as held:
        answerers: dict[str, Answerer] = {
            name: held.enter_context(BACKENDS[name](candidate)) for name in COMPARED
        }
        test = numbers("test", options, options.n)
        paper = sheets(test, None, options.seed, candidate.work)
        exams = examine(answerers, paper, options.n, ", ".join(COMPARED))
    found = compare(exams, options.seed)
    if options.out is not None:
        from mortar_tools.cards.evaluate import report

        subject = report.Subject(told_folder(candidate), "--compare", options.size, options.n, options.seed)
        report.write_comparison(options.out, subject, found)
    return found
