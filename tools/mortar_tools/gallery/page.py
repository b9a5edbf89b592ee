"""docs/gallery.md from what lies in docs/gallery/: scenes.toml, answers.json and the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import msgspec

SCENES, ANSWERS = "scenes.toml", "answers.json"

MADE_BY = "<!-- Made by `mortar tools make gallery`: run it again, do not change this page. -->\n"
INTRODUCTION = """# Gallery

What the bundled model says about {n} pictures that it never trained on: seeds of a split of their own,
drawn by the recipe together with what is in them. Each question went through the program as
`mortar describe PICTURE --ask QUESTION`. ✗ marks an answer that is not word for word the right one,
which stands behind it; {right} of {all} are right. {model}

The pictures are as small as the model gets them. They were chosen to show what there is, hard cases
among them, and before anybody knew the answers; how often the model is right in general says its
[card](../models/cards/README.md).

| picture | asked and answered |
|---|---|"""
LICENCES = """
The pictograms in these pictures are from Noto Emoji (© Google, OFL-1.1 and Apache-2.0), Twemoji
(© Twitter and contributors, CC-BY-4.0), Fluent Emoji (© Microsoft, MIT), EmojiOne 2 (© EmojiOne,
CC-BY-4.0), FxEmojis (© Mozilla, Apache-2.0), Streamline Emojis (© Streamline, CC-BY-4.0) and OpenMoji
(© OpenMoji, CC-BY-SA-4.0, and so is the picture that shows them).
"""
EDGE_px = 192
"""Of a picture in the page."""
LIGHTS = {
    "screen": "as on a screen",
    "normal": "photographed",
    "dim": "photographed in low light",
    "dark": "in the dark",
}
"""What happened to the light of a scene → how the page says it."""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question and its right answer."""

    question: str
    answer: str


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One picture of the gallery: an entry of scenes.toml."""

    picture: str
    """File name beside scenes.toml."""
    shows: str
    """What it is in the gallery for."""
    seed: int
    n_cards: int
    light: str
    styles: list[str]
    asked: list[Asked]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model answered: answers.json."""

    model: str
    sha256: dict[str, str]
    """Model file → its checksum: the weights that answered."""
    answers: dict[str, list[str]]
    """Picture → the answers in the order of its questions."""


class _Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scene: list[Scene]


def scenes(folder: Path) -> list[Scene]:
    """The gallery's scenes, in order."""
    return msgspec.toml.decode((folder / SCENES).read_bytes(), type=_Listed).scene


def said(folder: Path) -> Said:
    """What was answered when the gallery was last made."""
    return msgspec.json.decode((folder / ANSWERS).read_bytes(), type=Said)


def page(listed: Sequence[Scene], told: Said) -> str:
    """The page. Raises ValueError where a picture has not as many answers as questions."""
    pairs = [
        (asked, answer)
        for scene in listed
        for asked, answer in zip(scene.asked, told.answers[scene.picture], strict=True)
    ]
    head = INTRODUCTION.format(
        n=len(listed),
        right=sum(asked.answer == answer for asked, answer in pairs),
        all=len(pairs),
        model=f"The weights: {', '.join(f'`{name}`' for name in told.sha256)}.",
    )
    rows = [_row(scene, told.answers[scene.picture]) for scene in listed]
    return "\n".join([MADE_BY, head, *rows, LICENCES])


def _row(scene: Scene, answers: Sequence[str]) -> str:
    picture = f'<img src="gallery/{scene.picture}" width="{EDGE_px}" alt="{scene.shows}">'
    cards = f"{scene.n_cards or 'no'} card{'' if scene.n_cards == 1 else 's'}"
    styles = [f"style {' and '.join(scene.styles)}"] if scene.styles else []
    facts = " · ".join([cards, LIGHTS[scene.light], *styles])
    lines = [_line(asked, answer) for asked, answer in zip(scene.asked, answers, strict=True)]
    return f"| {picture} | {'<br>'.join([f'**{scene.shows}** ({facts})', *lines])} |"


def _line(asked: Asked, answer: str) -> str:
    if answer == asked.answer:
        return f"*{asked.question}* ✓ {answer}"
    # A model may say anything, what a table takes for its own included.
    given = escape(answer).replace("|", "&#124;") or "(nothing)"
    return f"*{asked.question}* ✗ {given} (right: {asked.answer})"
