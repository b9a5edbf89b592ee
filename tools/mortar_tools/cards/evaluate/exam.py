"""An exam: scenes that nobody trained on, questions about them, and what was answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from mortar.commands.describe import DESCRIBE
from mortar_tools.cards.answerers.answer import Answer, Answerer
from mortar_tools.cards.evaluate.marking import Things, mentioned
from mortar_tools.cards.language import Turn, interview
from mortar_tools.cards.things import NUMBERS
from mortar_tools.cards.world.pool import truth_of
from mortar_tools.cards.world.scene import Scene, draw

QUESTIONS = 6
"""Asked about each scene, beside "what do you see"."""

SIZES = (("small", 0.16), ("medium", 0.3), ("large", 1.0))
"""Name → up to which share of the picture's edge the smallest thing in it reaches."""

SHAPE_STYLE = "shape"
"""What scenes call the style of plain shapes, which goes with any other."""


@dataclass(frozen=True)
class Sheet:
    """One scene with its questions and what is in it."""

    picture: Image.Image
    present: Things
    groups: tuple[str, ...]
    """What the scene counts towards: of_two, size_small, light_dim, style_noto."""
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Described:
    """What "what do you see" was answered about one scene."""

    text: str
    said: Things
    present: Things
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    """An answer to another question."""

    turn: Turn
    answer: Answer

    @property
    def right(self) -> bool:
        """Every word of it is."""
        return self.answer.text == self.turn.answer


@dataclass
class Exam:
    """All that one candidate said."""

    described: list[Described] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def texts(self) -> list[str]:
        """All answers in the order of their questions, which is the same for every candidate."""
        return [*(one.text for one in self.described), *(reply.answer.text for reply in self.replies)]


Sizes = tuple[tuple[str, float], ...]


def groups_of(scene: Scene, sizes: Sizes = SIZES) -> tuple[str, ...]:
    """The groups that a scene with cards counts towards; none without."""
    if not scene.seen:
        return ()
    size = next(name for name, most in sizes if scene.smallest <= most)
    styles = [style for style in scene.styles if style != SHAPE_STYLE] or [SHAPE_STYLE]
    style = styles[0].replace("-", "_") if len(styles) == 1 else "mixed"
    return (f"of_{NUMBERS[len(scene.seen)]}", f"size_{size}", f"light_{scene.light}", f"style_{style}")


def sheets(numbers: Sequence[int], style: str | None, seed: int, work: Path) -> Iterator[Sheet]:
    """Draw scenes and think up questions. What each asks depends on its own number and the seed alone."""
    for number in numbers:
        scene = draw(number, style=style, kept=True, work=work)
        yield sheet(scene, np.random.default_rng([seed, number]))


def sheet(scene: Scene, rng: np.random.Generator, sizes: Sizes = SIZES) -> Sheet:
    """A scene with questions."""
    turns = interview(rng, truth_of(scene), QUESTIONS, kept=True)
    present = Counter(thing.thing for thing in scene.seen)
    return Sheet(Image.fromarray(scene.picture), present, groups_of(scene, sizes), tuple(turns))


def shuffled(found: Iterable[Sheet]) -> Iterator[Sheet]:
    """Each sheet but the first with the picture of the one before: what is right then was said
    without looking."""
    for before, sheet in pairwise(found):
        yield replace(sheet, picture=before.picture)


def examine(
    candidates: Mapping[str, Answerer], paper: Iterable[Sheet], scenes: int, title: str
) -> dict[str, Exam]:
    """Ask every candidate every sheet's questions; `scenes` and `title` are for the progress bar."""
    exams = {name: Exam() for name in candidates}
    console = Console(stderr=True)
    for sheet in track(paper, title, total=scenes, console=console):
        questions = [DESCRIBE, *(turn.question for turn in sheet.turns)]
        for name, candidate in candidates.items():
            described, *answers = candidate.answer(sheet.picture, questions)
            exams[name].described.append(
                Described(described.text, mentioned(described.text), sheet.present, sheet.groups)
            )
            exams[name].replies += map(Reply, sheet.turns, answers)
    return exams
