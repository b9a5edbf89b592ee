"""How good a model is before and after, on a person's own pictures and on the cards', and what that tells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mortar.drivers.pictures import read_picture
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.finetune.data import Example, Split, by_picture
from mortar_tools.finetune.fit import Fitted
from mortar_tools.finetune.own import turn
from mortar_tools.weights.marker import Eye, Scene, mark, scenes
from mortar_tools.weights.quality import EXACT, F1, LOSS, Marked, differences, figures

OWN, CARDS = "own", "cards"
TITLES = {LOSS: "loss a token", EXACT: "answers exactly right", F1: "things named, F1"}
PAPERS = {OWN: "your held-out pictures", CARDS: "the cards' held-out scenes"}


@dataclass(frozen=True)
class Paper:
    """What is asked before and after."""

    own: Sequence[Example]
    cards: int
    """Scenes."""
    seed: int
    work: Path


Answered = dict[str, list[Marked]]
"""OWN and CARDS → what a model made of each picture."""


def asked(model: ModelFolder, paper: Paper, title: str) -> Answered:
    """What the files of a folder make of it."""
    eye, language = Eye(model), model.verified(model.manifest.language)
    own = [
        Scene(eye.see(read_picture(picture)), tuple(map(turn, found)))
        for picture, found in by_picture(paper.own).items()
    ]
    cards = scenes(model, "test", paper.cards, paper.seed, paper.work)
    return {name: mark(language, found, f"asking {title}") for name, found in ((OWN, own), (CARDS, cards))}


@dataclass(frozen=True)
class Report:
    """Everything that is told."""

    before: Answered
    after: Answered
    parts: Split
    fitted: Fitted
    seed: int

    def figures(self) -> list[Figure]:
        """own_exact_answers_before, own_exact_answers_after, own_exact_answers_change ..."""
        found = []
        for name in (OWN, CARDS):
            before, after = self.before[name], self.after[name]
            parts = {
                "_before": figures(before, self.seed),
                "_after": figures(after, self.seed),
                "": differences(after, before, self.seed),
            }
            for suffix, its in parts.items():
                found += [replace(one, name=f"{name}_{one.name}{suffix}") for one in its]
        return found

    def about(self) -> dict[str, object]:
        """For the manifest."""
        kept = {one.name: one.value for one in self.figures() if one.name.endswith("_after")}
        return {**kept, "finetuned_steps": self.fitted.best_step, "finetuned_examples": len(self.parts.train)}

    def verdicts(self) -> list[str]:
        """What the changes tell, one sentence each."""
        found = {one.name: one for one in self.figures()}
        return [
            verdict(PAPERS[name], change)
            for name in (OWN, CARDS)
            if (change := found.get(f"{name}_{EXACT}_change")) is not None
        ]


def verdict(where: str, change: Figure) -> str:
    """Whether a change of the exact answers is one, as far as so many pictures can tell."""
    low, high = change.interval
    points = f"{100 * change.value:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f}), {change.n} pictures"
    if low <= 0 <= high:
        return f"On {where}: {points}: too few pictures to tell whether it got better or worse."
    return f"On {where} it got {'better' if change.value > 0 else 'worse'}: {points}."


def table(report: Report) -> Table:
    """One row a figure."""
    found = Table(box=None, header_style="dim")
    for title in ("on", "figure", "before", "after", "change", "pictures"):
        found.add_column(title, justify="left" if title in ("on", "figure") else "right", no_wrap=True)
    by_name = {one.name: one for one in report.figures()}
    for name, where in PAPERS.items():
        for figure, title in TITLES.items():
            shown = [by_name.get(f"{name}_{figure}_{when}") for when in ("before", "after", "change")]
            if shown[0] is not None:
                cells = [_cell(one, "+" if at == 2 else "") for at, one in enumerate(shown)]
                found.add_row(where, title, *cells, str(shown[0].n))
    return found


def _cell(one: Figure | None, sign: str) -> str:
    if one is None:
        return ""
    low, high = one.interval
    return f"{one.value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def show(report: Report, as_json: bool) -> None:
    """Print."""
    if as_json:
        for one in report.figures():
            print(json.dumps({**asdict(one), "unit": "nats" if LOSS in one.name else "share"}))
        return
    parts, fitted = report.parts, report.fitted
    console = Console(width=140)
    console.print(table(report))
    console.print(
        f"Learned from {len(parts.train)} questions in {fitted.steps} steps, kept those of step "
        f"{fitted.best_step}; loss on {len(parts.stop)} questions that say when to stop: "
        f"{fitted.loss_before:.3f}, then {fitted.loss_best:.3f}."
    )
    for sentence in report.verdicts():
        console.print(sentence)
