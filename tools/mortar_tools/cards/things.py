"""What the cards show: names for the language, pictograms, shapes and colours for the drawing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
CARDS = REPOSITORY / "models" / "cards"
SENTENCES = REPOSITORY / "firmware" / "mortar" / "languages" / "en" / "sentences" / "look.yaml"
WORK = Path.home() / ".cache" / "mortar-cards"
"""Where art, the drawn pool, checkpoints and trial exports live: outside the repository."""
METRICS = "metrics.jsonl"
"""Learning curve, beside a checkpoint and beside exported files: one JSON line an examination."""

SIZES = ("base", "small")
"""Of the model: the first is the one that everybody gets."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def folder_of(size: str, root: Path) -> Path:
    """Where the files of a size lie: the first size's in `root` itself."""
    return root if size == SIZES[0] else root / size


@dataclass(frozen=True)
class Thing:
    """One kind of card."""

    name: str
    plural: str
    article: str
    emojis: tuple[str, ...] = ()
    """Pictograms as characters, the first is the one that is printed; none for a coloured shape."""
    shape: str | None = None
    """For example "circle", of a coloured shape."""
    colour: str | None = None
    """For example "red", of a coloured shape."""


@dataclass(frozen=True)
class Shape:
    """A plain shape; with a colour it is a Thing."""

    name: str
    plural: str
    article: str


@dataclass(frozen=True)
class Colour:
    """A colour that the model can name."""

    name: str
    rgb: tuple[int, int, int]
    """The middle of what people draw and print: sRGB, 0 to 255."""


@dataclass(frozen=True)
class Unknown:
    """What the model must admit that it doesn't know: `kept` is for evaluation, never trained on."""

    taught_pictures: tuple[str, ...]
    """Pictograms as characters."""
    kept_pictures: tuple[str, ...]
    taught_words: tuple[Thing, ...]
    """Words in the forms that sentences need; they have no picture."""
    kept_words: tuple[Thing, ...]


def article_of(words: str) -> str:
    """The article by the first letter, which is right for every word of the tables."""
    return "an" if words[0] in "aeiou" else "a"


@cache
def _world() -> dict[str, list[dict[str, Any]]]:
    with (CARDS / "things.toml").open("rb") as file:
        return tomllib.load(file)


def _characters(codes: list[str]) -> tuple[str, ...]:
    return tuple(chr(int(code, 16)) for code in codes)


@cache
def shapes() -> tuple[Shape, ...]:
    """The shapes, in the file's order."""
    return tuple(Shape(**row) for row in _world()["shape"])


@cache
def colours() -> tuple[Colour, ...]:
    """The colours, in the file's order."""
    return tuple(Colour(row["name"], tuple(row["rgb"])) for row in _world()["colour"])


@cache
def printed() -> tuple[Thing, ...]:
    """The things that have a pictogram, and so a card to print, in the file's order."""
    return tuple(
        Thing(
            name=row["name"],
            plural=row["plural"],
            article=row["article"],
            emojis=_characters([row["emoji"], *row.get("also", [])]),
        )
        for row in _world()["thing"]
    )


@cache
def things() -> tuple[Thing, ...]:
    """Everything that the model can name: the printed things, then each shape in each colour.

    A thing's class number is its place here.
    """
    coloured = (
        Thing(
            name=f"{colour.name} {shape.name}",
            plural=f"{colour.name} {shape.plural}",
            article=article_of(colour.name),
            shape=shape.name,
            colour=colour.name,
        )
        for shape in shapes()
        for colour in colours()
    )
    return (*printed(), *coloured)


UNKNOWN = len(things())
"""Class number of a card whose picture the model doesn't know."""


@cache
def unknown() -> Unknown:
    """The pictures and words that are none of the things."""
    with (CARDS / "unknown.toml").open("rb") as file:
        rows = tomllib.load(file)
    words = {
        half: tuple(Thing(word, f"{word}s", article_of(word)) for word in rows["words"][half])
        for half in ("taught", "kept")
    }
    return Unknown(
        taught_pictures=_characters(rows["pictures"]["taught"]),
        kept_pictures=_characters(rows["pictures"]["kept"]),
        taught_words=words["taught"],
        kept_words=words["kept"],
    )
