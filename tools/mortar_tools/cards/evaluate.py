"""How good the shipped files are, on scenes that nobody trained on.

`python -m mortar_tools.cards.evaluate --n 500 --json` prints one figure a line.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mortar.runtimes.interfaces import Floats
from mortar_tools.cards.art import UNSEEN_STYLE
from mortar_tools.cards.language import Turn, interview
from mortar_tools.cards.pool import Truth, truth_of
from mortar_tools.cards.scene import SPLITS, draw
from mortar_tools.cards.shipped import Shipped
from mortar_tools.cards.things import CARDS, NUMBERS, WORK, things

QUESTIONS = 6
"""Asked about each scene, beside "what do you see"."""
Z = 1.96
"""Standard deviations of a 95 % interval."""
RESAMPLES = 400

FIGURES = {
    "describe_exact": ("describe",),
    "count_accuracy": ("count", "count_all"),
    "where_accuracy": ("where",),
    "side_accuracy": ("side",),
    "yes_no_accuracy": ("yes_no",),
    "refusal_accuracy": ("dark", "empty"),
}
"""Figure → kinds of questions whose answers have to be exactly right."""

Things = Counter[int]


@dataclass(frozen=True)
class Figure:
    """One measured figure with its 95 % interval."""

    name: str
    value: float
    n: int
    seed: int
    interval: tuple[float, float]


@dataclass(frozen=True)
class Sheet:
    """One scene's questions, and what is there."""

    tokens: Floats
    """The picture as the vision encoder gives it, [16, 256]."""
    present: Things
    turns: tuple[Turn, ...]


def wilson(right: int, n: int) -> tuple[float, float]:
    """95 % interval of a share of n."""
    share = right / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


def mentioned(answer: str) -> Things:
    """Things that an answer says are there, with their numbers."""
    names = {name: kind for kind, t in enumerate(things()) for name in (t.name, t.plural)}
    found: Things = Counter()
    for amount, name in re.findall(r"\b(an?|one|two|three|four|five|six) (\w+)", answer):
        if name in names:
            found[names[name]] += NUMBERS.index(amount) if amount in NUMBERS else 1
    return found


def f1(pairs: Sequence[tuple[Things, Things]]) -> float:
    """F1 of all things over (mentioned, present) pairs; 1 where nothing is there or mentioned."""
    hits = sum((said & there).total() for said, there in pairs)
    total = sum(said.total() + there.total() for said, there in pairs)
    return 2 * hits / total if total else 1.0


def f1_figure(name: str, pairs: Sequence[tuple[Things, Things]], seed: int) -> Figure:
    """F1 with a bootstrap interval over scenes."""
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(pairs), (RESAMPLES, len(pairs)))
    values = sorted(f1([pairs[i] for i in pick]) for pick in picks)
    low, high = values[int(0.025 * RESAMPLES)], values[int(0.975 * RESAMPLES) - 1]
    return Figure(name, round(f1(pairs), 4), len(pairs), seed, (round(low, 4), round(high, 4)))


def exact_figure(name: str, marks: Sequence[bool], seed: int) -> Figure:
    """Share of exactly right answers with its Wilson interval."""
    share = round(sum(marks) / len(marks), 4)
    return Figure(name, share, len(marks), seed, wilson(sum(marks), len(marks)))


def prepare(model: Shipped, seeds: Sequence[int], style: str | None, seed: int, work: Path) -> list[Sheet]:
    """Draw the scenes, encode them, and think up the questions."""
    rng = np.random.default_rng(seed)
    sheets = []
    for number in track(seeds, description="drawing and encoding", console=Console(stderr=True)):
        scene = draw(number, style=style, work=work)
        truth: Truth = truth_of(scene)
        tokens = model.encode(Image.fromarray(scene.picture))
        turns = tuple(interview(rng, truth, QUESTIONS))
        sheets.append(Sheet(tokens, Counter(thing.thing for thing in truth.seen), turns))
    return sheets


@dataclass(frozen=True)
class Marks:
    """Marked answers."""

    by_kind: dict[str, list[bool]]
    objects: list[tuple[Things, Things]]
    """(mentioned, present) of each scene."""


def examine(model: Shipped, sheets: Sequence[Sheet], pictures: Sequence[Floats]) -> Marks:
    """Ask every sheet's questions about the picture that comes with it."""
    marks = Marks({}, [])
    pairs = list(zip(sheets, pictures, strict=True))
    for sheet, tokens in track(pairs, description="asking", console=Console(stderr=True)):
        questions = ["what do you see", *(turn.question for turn in sheet.turns)]
        described, *answers = model.ask(tokens, questions)
        marks.objects.append((mentioned(described), sheet.present))
        for turn, answer in zip(sheet.turns, answers, strict=True):
            marks.by_kind.setdefault(turn.kind, []).append(answer == turn.answer)
    return marks


def figures(marks: Marks, seed: int, prefix: str = "") -> list[Figure]:
    """All figures of marked answers."""
    found = [f1_figure(f"{prefix}objects_f1", marks.objects, seed)]
    for name, kinds in FIGURES.items():
        right = [mark for kind in kinds for mark in marks.by_kind.get(kind, [])]
        if right:
            found.append(exact_figure(prefix + name, right, seed))
    return found


def by_number(marks: Marks, seed: int) -> list[Figure]:
    """F1 by the number of cards in the scene."""
    groups: dict[int, list[tuple[Things, Things]]] = {}
    for said, there in marks.objects:
        groups.setdefault(there.total(), []).append((said, there))
    return [f1_figure(f"objects_f1_of_{NUMBERS[n]}", groups[n], seed) for n in sorted(groups) if n > 0]


def evaluate(model: Shipped, n: int, seed: int, work: Path) -> list[Figure]:
    """Figures on n scenes of the trained styles, on the unseen style, and with pictures shuffled."""
    start = seed * n
    sheets = prepare(model, SPLITS["test"][start : start + n], None, seed, work)
    marks = examine(model, sheets, [sheet.tokens for sheet in sheets])
    found = figures(marks, seed) + by_number(marks, seed)
    # Each sheet with the next one's picture: what can be answered without looking.
    rolled = [sheet.tokens for sheet in [*sheets[1:], sheets[0]]]
    found += figures(examine(model, sheets, rolled), seed, "shuffled_")
    strange = prepare(model, SPLITS["unseen"][start : start + n], UNSEEN_STYLE, seed, work)
    marks = examine(model, strange, [sheet.tokens for sheet in strange])
    return [*found, f1_figure("unseen_style_f1", marks.objects, seed)]


def as_json(found: Sequence[Figure]) -> None:
    """One JSON line a figure."""
    for figure in found:
        print(json.dumps(asdict(figure)))


def as_table(found: Sequence[Figure]) -> None:
    """A table for people."""
    table = Table("figure", "value", "95 % interval", "n")
    for figure in found:
        low, high = figure.interval
        table.add_row(figure.name, f"{figure.value:.3f}", f"{low:.3f} to {high:.3f}", str(figure.n))
    Console().print(table)


def main(argv: list[str] | None = None) -> int:
    """Evaluate the shipped files."""
    parser = argparse.ArgumentParser(description="how good the picture cards' model is")
    parser.add_argument("--n", type=int, default=500, help="scenes of each sort")
    parser.add_argument("--seed", type=int, default=0, help="another number, other scenes")
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--model", type=Path, default=CARDS, help="model folder")
    parser.add_argument("--work", type=Path, default=WORK, help="where the art is")
    options = parser.parse_args(argv)
    show: Callable[[Sequence[Figure]], None] = as_json if options.json else as_table
    show(evaluate(Shipped(options.model), options.n, options.seed, options.work))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
