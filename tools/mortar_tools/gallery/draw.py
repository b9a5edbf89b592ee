"""Draws the gallery's scenes from their seeds, and writes down what is in them and what to ask."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mortar.commands.describe import DESCRIBE
from mortar_tools.cards.language import Turn, answers, interview
from mortar_tools.cards.language.questions import Kind, wordings
from mortar_tools.cards.world.art import UNSEEN_STYLE
from mortar_tools.cards.world.pool import truth_of
from mortar_tools.cards.world.scene import SPLITS, draw
from mortar_tools.gallery.page import SCENES, Asked, Scene

QUESTIONS = 2
"""Asked about each picture, beside "what do you see"."""
IMAGINED = 30
"""Questions among which those are, so that all kinds come up."""
NOT_THERE = re.compile(r"\b(do not see|see no|see nothing)\b")


@dataclass(frozen=True)
class Choice:
    """A seed, and why it is in the gallery."""

    number: int
    """Of the scene, within the gallery's split."""
    shows: str
    style: str | None = None
    """Draws all cards in this style instead of those that the seed gives."""

    @property
    def seed(self) -> int:
        return SPLITS["gallery"][self.number]


CHOSEN = (
    Choice(521, "An empty table"),
    Choice(178, "Clutter and no card"),
    Choice(28, "A covered lens"),
    Choice(278, "Glare on one card"),
    Choice(174, "One tiny card"),
    Choice(48, "A card that it does not know"),
    Choice(195, "Clutter behind one card"),
    Choice(154, "Two of a kind"),
    Choice(130, "Two cards that overlap"),
    Choice(366, "Bare pictograms under glare"),
    Choice(426, "Clutter and turned cards"),
    Choice(289, "Overlap, clutter, and no whole card"),
    Choice(543, "Glare and noise on two of a kind"),
    Choice(105, "A style that it never met", UNSEEN_STYLE),
    Choice(116, "Two that it knows and one that it does not"),
    Choice(577, "A row of three on dark wood"),
    Choice(244, "Low light"),
    Choice(129, "Four in two rows"),
    Choice(188, "Bare pictograms on a drawing"),
    Choice(232, "Shapes and lemons"),
    Choice(747, "Five cards"),
    Choice(639, "Six that overlap"),
    Choice(458, "Four ducks among six, out of focus"),
    Choice(153, "Squares of all sizes"),
)


def draw_all(folder: Path) -> None:
    """Write the pictures and scenes.toml. Raises ValueError where a scene cannot be told in one way."""
    asked: Counter[str] = Counter()
    listed, pictures = [], {}
    for place, choice in enumerate(CHOSEN, 1):
        drawn = draw(choice.seed, style=choice.style, kept=True)
        described = answers.TOO_DARK if drawn.dark else answers.describe(drawn.seen)
        if described is None:
            raise ValueError(f"nobody could say what is where in scene {choice.number}")
        picture = f"{place:02}.png"
        pictures[picture] = Image.fromarray(drawn.picture)
        turns = interview(np.random.default_rng(choice.seed), truth_of(drawn), IMAGINED, kept=True)
        chosen = list(rarest(turns, asked))
        questions = [Asked(DESCRIBE, described), *(Asked(turn.question, turn.answer) for turn in chosen)]
        cards, styles = len(drawn.seen), list(drawn.styles) if drawn.seen else []
        listed.append(Scene(picture, choice.shows, choice.seed, cards, drawn.light, styles, questions))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    for name, image in pictures.items():
        image.save(folder / name, optimize=True)
    (folder / SCENES).write_text(as_toml(listed), encoding="utf-8")


def rarest(turns: Sequence[Turn], asked: Counter[str]) -> Iterator[Turn]:
    """QUESTIONS of the turns, of the kinds that were asked least so far; `asked` counts them.

    Of one kind, those about something that is there come first.
    """
    again = {wording.text for wording in wordings()[Kind.DESCRIBE]}
    left = {turn.question: turn for turn in turns if turn.question.lower().rstrip("?") not in again}
    for _ in range(QUESTIONS):
        turn = min(left.values(), key=lambda turn: (asked[turn.kind], bool(NOT_THERE.search(turn.answer))))
        asked[turn.kind] += 1
        del left[turn.question]
        yield turn


def as_toml(listed: Sequence[Scene]) -> str:
    """The scenes as TOML, whose strings and lists are JSON's."""
    lines = ["# Made by `mortar tools make gallery --draw`.", ""]
    for scene in listed:
        lines.append("[[scene]]")
        for name in ("picture", "shows", "seed", "n_cards", "light", "styles"):
            lines.append(f"{name} = {json.dumps(getattr(scene, name), ensure_ascii=False)}")
        for asked in scene.asked:
            lines += [
                "[[scene.asked]]",
                f"question = {json.dumps(asked.question, ensure_ascii=False)}",
                f"answer = {json.dumps(asked.answer, ensure_ascii=False)}",
            ]
        lines.append("")
    return "\n".join(lines)
