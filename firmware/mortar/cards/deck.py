"""The deck: a card for everything that the bundled model can name, as flat coloured paths.

The names come from the model folder's things.toml, the pictograms from its pictograms.svg (Noto
Emoji, made by `mortar tools make pictograms`); coloured shapes are drawn here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import msgspec

from mortar.errors import MortarError, UsageError

EDGE = 128
"""A card's drawing lies in a square of this edge, its origin at the top left."""

PICTOGRAMS = "pictograms.svg"
CREDIT = "Noto Emoji, © Google, Apache-2.0"

SHAPES = {
    "circle": (
        "M118 64C118 93.8 93.8 118 64 118C34.2 118 10 93.8 10 64"
        "C10 34.2 34.2 10 64 10C93.8 10 118 34.2 118 64Z"
    ),
    "square": "M14 14L114 14L114 114L14 114Z",
    "triangle": "M64 14L120 114L8 114Z",
    "cross": "M44 8L84 8L84 44L120 44L120 84L84 84L84 120L44 120L44 84L8 84L8 44L44 44Z",
}


@dataclass(frozen=True)
class Area:
    """One area of a drawing."""

    path: str
    """SVG path of M, L, C and Z, absolute, a letter for every step; PDF has the same four."""
    colour: str
    """#rrggbb."""
    opacity: float = 1.0


@dataclass(frozen=True)
class Card:
    """One kind of card: its name, and its areas from the bottom to the top."""

    name: str
    areas: tuple[Area, ...]


class _Thing(msgspec.Struct, frozen=True):
    name: str
    emoji: str


class _Shape(msgspec.Struct, frozen=True):
    name: str


class _Colour(msgspec.Struct, frozen=True):
    name: str
    rgb: tuple[int, int, int]


class _World(msgspec.Struct, frozen=True):
    """What of things.toml the cards are made from."""

    thing: list[_Thing]
    shape: list[_Shape]
    colour: list[_Colour]


def deck(model: Path) -> tuple[Card, ...]:
    """Every card: the things in the order of things.toml, then the shapes in each colour.

    Raises MortarError where the folder has no such files, or a thing has no pictogram.
    """
    world = _world(model / "things.toml")
    drawn = _pictograms(model / PICTOGRAMS)
    missing = [thing.name for thing in world.thing if thing.emoji.lower() not in drawn]
    if missing:
        raise MortarError(
            "pictogram-missing",
            f"{model / PICTOGRAMS} has no {', '.join(missing)}",
            "make it again with `mortar tools make pictograms`",
        )
    things = (Card(thing.name, drawn[thing.emoji.lower()]) for thing in world.thing)
    return (*things, *_shapes(world))


def pick(cards: Sequence[Card], names: Iterable[str]) -> tuple[Card, ...]:
    """The cards of these names, in this order, as often as each is named.

    Raises UsageError for a name that no card has, with the nearest one that there is.
    """
    named = {card.name: card for card in cards}
    found = []
    for name in (" ".join(name.lower().split()) for name in names):
        if name not in named:
            near = difflib.get_close_matches(name, named, n=1)
            raise UsageError(
                "thing-unknown",
                f"there is no card {name!r}",
                f"did you mean {near[0]!r}?" if near else "`mortar cards` lists what there is",
            )
        found.append(named[name])
    return tuple(found)


def _world(path: Path) -> _World:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_World)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise _damaged(path, error) from None


def _pictograms(path: Path) -> dict[str, tuple[Area, ...]]:
    """Code point, in lower-case hexadecimal → its areas."""
    try:
        sheet = ElementTree.parse(path)
    except (OSError, ElementTree.ParseError) as error:
        raise _damaged(path, error) from None
    svg = "{http://www.w3.org/2000/svg}"
    return {
        symbol.attrib["id"]: tuple(
            Area(path.attrib["d"], path.attrib["fill"], float(path.get("fill-opacity", 1)))
            for path in symbol.iter(f"{svg}path")
        )
        for symbol in sheet.iter(f"{svg}symbol")
    }


def _shapes(world: _World) -> Iterator[Card]:
    for shape in world.shape:
        for colour in world.colour:
            red, green, blue = colour.rgb
            area = Area(SHAPES[shape.name], f"#{red:02x}{green:02x}{blue:02x}")
            yield Card(f"{colour.name} {shape.name}", (area,))


def _damaged(path: Path, error: Exception) -> MortarError:
    why = error.strerror if isinstance(error, OSError) else error
    return MortarError("cards-damaged", f"{path}: {why}", "restore it with `git checkout models/cards`")
