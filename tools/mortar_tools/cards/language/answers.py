"""The one right answer to each question, or None where ground truth is not clear enough for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mortar_tools.cards.language.nouns import Noun, by_class
from mortar_tools.cards.language.places import (
    HEIGHTS,
    NEXT_COLUMN,
    SAME_COLUMN,
    SIDES,
    Column,
    columns,
    zone,
)
from mortar_tools.cards.language.places import between as stands_between
from mortar_tools.cards.things import things
from mortar_tools.cards.world.scene import Seen

TOO_DARK = "It is too dark to see anything."
EMPTY = "I do not see any cards."
UNKNOWN_WORD = "Sorry, I do not know that word."
UNANSWERABLE = "A picture cannot tell me that."
NO_COLOUR = "I only know the colours of plain shapes."
ON = {"left": "on the left", "middle": "in the middle", "right": "on the right"}

All = tuple[Seen, ...]


def join(parts: Sequence[str]) -> str:
    """For example "a cat, a dog and two cups"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _same_either_way(readings: Iterable[str | None]) -> str | None:
    """The answer, where it is the same however one parts the columns."""
    found = set(readings)
    return found.pop() if len(found) == 1 else None


def _listing(ordered: list[Column] | None, with_sides: bool) -> str | None:
    """Things in reading order, the same ones together: "a cat on the left and two cups on the right"."""
    if ordered is None:
        return None
    where: dict[int, list[int]] = {}
    for number, column in enumerate(ordered):
        for one in column:
            where.setdefault(one.thing, []).append(number)
    parts = [by_class()[kind].listed(len(numbers)) for kind, numbers in where.items()]
    sides = {2: ("left", "right"), 3: ("left", "middle", "right")}.get(len(parts))
    if with_sides and sides and all(max(a) < min(b) for a, b in pairwise(where.values())):
        parts = [f"{part} {ON[side]}" for part, side in zip(parts, sides, strict=True)]
    return join(parts)


def listing(seen: Iterable[Seen], with_sides: bool = False) -> str | None:
    """`seen`, which is not empty, in words."""
    here = tuple(seen)
    return _same_either_way(_listing(columns(here, gap), with_sides) for gap in (SAME_COLUMN, NEXT_COLUMN))


def describe(seen: All) -> str | None:
    """All that is there, in reading order, with left and right where that is plain."""
    if not seen:
        return EMPTY
    words = listing(seen, with_sides=True)
    return None if words is None else f"I see {words}."


def count(seen: All, noun: Noun) -> str:
    """How many of one thing there are."""
    n = len(noun.among(seen))
    if n == 0:
        return f"I see no {noun.plural}."
    return f"There {'is' if n == 1 else 'are'} {noun.counted(n)}."


def count_all(seen: All, noun: Noun) -> str:
    """How many cards, things or pictures (`noun`) there are."""
    n = len(seen)
    return f"There {'is' if n == 1 else 'are'} {noun.counted(n)}." if n else EMPTY


def where(seen: All, noun: Noun) -> str | None:
    """Where the only thing of its kind is."""
    found = noun.among(seen)
    if not found:
        return f"I do not see {noun.single}."
    side, height = zone(found[0].x, SIDES), zone(found[0].y, HEIGHTS)
    if len(found) > 1 or side is None or height is None:
        return None
    if not height:
        return f"The {noun.name} is {ON[side]}."
    return f"The {noun.name} is at the {height}{'' if side == 'middle' else ' ' + side}."


def yes_no(seen: All, noun: Noun, plural: bool) -> str:
    """Whether a thing is there."""
    n = len(noun.among(seen))
    if n == 0:
        return f"No, I do not see {'any ' + noun.plural if plural else noun.single}."
    return f"Yes, there {'is' if n == 1 else 'are'} {noun.listed(n)}."


def side(seen: All, name: str) -> str | None:
    """What is on one side."""
    zones = [zone(one.x, SIDES) for one in seen]
    if None in zones:
        return None
    here = [one for one, its in zip(seen, zones, strict=True) if its == name]
    if not here:
        return f"I see nothing {ON[name]}."
    words = listing(here)
    return None if words is None else f"{ON[name].capitalize()} I see {words}."


def colour(seen: All, noun: Noun, plural: bool) -> str | None:
    """The colour of a plain shape."""
    kinds = sorted(noun.kinds)
    if things()[kinds[0]].colour is None:
        return NO_COLOUR
    found = noun.among(seen)
    if not found:
        return f"I do not see {'any ' + noun.plural if plural else noun.single}."
    names = [things()[one.thing].colour for one in found]
    if len(found) == 1:
        return f"The {noun.name} is {names[0]}."
    if len(set(names)) == 1:
        return f"The {noun.plural} are {names[0]}."
    return _two_colours(found, noun) if len(found) == 2 else None


def _two_colours(found: Iterable[Seen], noun: Noun) -> str | None:
    def reading(gap: float) -> str | None:
        ordered = columns(found, gap)
        if ordered is None:
            return None
        first, second = (things()[one.thing].colour for column in ordered for one in column)
        return f"One {noun.name} is {first} and one is {second}."

    return _same_either_way(reading(gap) for gap in (SAME_COLUMN, NEXT_COLUMN))


def compare(seen: All, more: Noun, less: Noun) -> str:
    """Whether there are more of the one than of the other."""
    n, m = len(more.among(seen)), len(less.among(seen))
    if n == m == 0:
        return f"No, I do not see any {more.plural} or {less.plural}."
    if n == m:
        return f"No, there are as many {more.plural} as {less.plural}."
    there = f"there {'is' if n == 1 else 'are'} {more.counted(n)} and {less.counted(m)}"
    return f"{'Yes' if n > m else 'No'}, {there}."


def which_more(seen: All, one: Noun, other: Noun) -> str:
    """Which of two there are more of."""
    n, m = len(one.among(seen)), len(other.among(seen))
    if n == m == 0:
        return f"I do not see any {one.plural} or {other.plural}."
    if n == m:
        return f"There are as many {one.plural} as {other.plural}."
    return f"There are more {(one if n > m else other).plural}."


def between(seen: All, one: Noun, other: Noun) -> str | None:
    """What stands between two things, each of which is there once at most."""
    ends = one.among(seen), other.among(seen)
    missing = [noun.single for noun, found in zip((one, other), ends, strict=True) if not found]
    if missing:
        return f"I do not see {' or '.join(missing)}."
    if any(len(found) > 1 for found in ends):
        return None
    (first,), (second,) = ends
    others = [third for third in seen if third is not first and third is not second]
    marks = Counter(stands_between(first, second, third) for third in others)
    if marks[None]:
        return None
    if not marks[True]:
        return "I see nothing between them."
    words = listing(third for third in others if stands_between(first, second, third))
    return None if words is None else f"Between the {one.name} and the {other.name} I see {words}."
