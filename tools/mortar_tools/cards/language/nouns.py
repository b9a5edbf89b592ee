"""The words for what cards show: one for each thing, and for a shape in a colour or in any."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mortar_tools.cards.things import NUMBERS, UNKNOWN, Shape, Thing, shapes, things, unknown
from mortar_tools.cards.world.scene import Seen


@dataclass(frozen=True)
class Noun:
    """A word in the forms that sentences need."""

    name: str
    plural: str
    article: str
    kinds: frozenset[int] = frozenset()
    """Class numbers that it names: one, all colours of a shape, or none for an unknown word."""

    @property
    def single(self) -> str:
        """For example "a cat"."""
        return f"{self.article} {self.name}"

    def counted(self, n: int) -> str:
        """For example "no cats", "one cat", "two cats"."""
        return f"{NUMBERS[n]} {self.name if n == 1 else self.plural}"

    def listed(self, n: int) -> str:
        """For example "a cat", "two cats"."""
        return self.single if n == 1 else self.counted(n)

    def among(self, seen: tuple[Seen, ...]) -> list[Seen]:
        """Those that it names."""
        return [one for one in seen if one.thing in self.kinds]


def _noun(word: Thing | Shape, *kinds: int) -> Noun:
    return Noun(word.name, word.plural, word.article, frozenset(kinds))


@cache
def by_class() -> tuple[Noun, ...]:
    """The noun of each class number, UNKNOWN included."""
    known = [_noun(thing, kind) for kind, thing in enumerate(things())]
    return (*known, Noun("card I do not know", "cards I do not know", "a", frozenset({UNKNOWN})))


@cache
def any_colour() -> dict[int, Noun]:
    """Class number of a coloured shape → the shape's noun, which leaves the colour open."""
    found: dict[int, Noun] = {}
    for shape in shapes():
        kinds = [kind for kind, thing in enumerate(things()) if thing.shape == shape.name]
        found |= dict.fromkeys(kinds, _noun(shape, *kinds))
    return found


@cache
def like() -> dict[int, tuple[int, ...]]:
    """Class number of a coloured shape → those that share its shape or its colour."""
    coloured = {kind: things()[kind] for kind in any_colour()}
    return {
        kind: tuple(
            other
            for other, its in coloured.items()
            if other != kind and (its.shape == thing.shape or its.colour == thing.colour)
        )
        for kind, thing in coloured.items()
    }


@cache
def unknown_words(kept: bool) -> tuple[Noun, ...]:
    """Words that name nothing that the model knows."""
    return tuple(_noun(word) for word in (unknown().kept_words if kept else unknown().taught_words))


@cache
def _taken() -> frozenset[str]:
    """Words that mean something, or that training must not meet."""
    forms = [form for noun in (*by_class(), *any_colour().values()) for form in (noun.name, noun.plural)]
    return frozenset(forms) | {noun.name for noun in unknown_words(kept=True)}


def spliced(one: Noun, other: Noun) -> Noun:
    """A made-up word from the beginning of one and the end of another: "robot", "pelican" → "robican".

    Training on them teaches what an unknown word looks like from more words than a list can hold.
    """
    name = one.name[: (len(one.name) + 1) // 2] + other.name[len(other.name) // 2 :]
    return one if name in _taken() else Noun(name, f"{name}s", one.article)
