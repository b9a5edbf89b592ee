"""Questions and answers about a scene, from its ground truth alone.

Questions come from the sentence templates that the firmware recognises. Answers are short whole
sentences with one right wording each, so that "exactly right" can be measured. Where ground truth
is not clear enough for one right answer (a card between left and middle), the question is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import yaml  # type: ignore[import-untyped]
from hassil.intents import Intents, SlotList, TextSlotList
from hassil.sample import sample_intents

from mortar_tools.cards.pool import Truth
from mortar_tools.cards.scene import Seen
from mortar_tools.cards.things import NUMBERS, SENTENCES, things

SAME_COLUMN = 0.07
NEXT_COLUMN = 0.11
"""Sideways gaps, as shares of the picture: below the one two cards stand above each other, above
the other they stand beside each other, between the two it is not clear."""

SIDES = {"left": (0.0, 0.36), "middle": (0.42, 0.58), "right": (0.64, 1.0)}
HEIGHTS = {"top": (0.0, 0.28), "": (0.36, 0.64), "bottom": (0.72, 1.0)}
"""Where a card's centre must lie to be clearly there."""

TOO_DARK = "It is too dark to see anything."
EMPTY = "I do not see any cards."
ON = {"left": "on the left", "middle": "in the middle", "right": "on the right"}

KINDS = ("describe", "count", "count_all", "where", "yes_no", "side")
INTENTS = dict(
    zip(
        KINDS,
        ("LookDescribe", "LookCount", "LookCountAll", "LookWhere", "LookIsThere", "LookSide"),
        strict=True,
    )
)


@dataclass(frozen=True)
class Turn:
    """A question and its answer."""

    kind: str
    """One of KINDS, or "dark" or "empty" where that alone decides the answer."""
    question: str
    answer: str


@cache
def templates() -> dict[str, tuple[str, ...]]:
    """Question kind → its wordings, with <thing>, <things>, <a_thing> where a thing is named."""
    sentences = yaml.safe_load(SENTENCES.read_text())
    marks = ("thing", "things", "a_thing")
    lists: dict[str, SlotList] = {
        mark: TextSlotList.from_tuples([(f"<{mark}>", mark)], allow_template=False) for mark in marks
    }
    found: dict[str, list[str]] = {}
    for intent, text in sample_intents(Intents.from_dict(sentences), lists):
        found.setdefault(intent, []).append(text)
    return {kind: tuple(found[intent]) for kind, intent in INTENTS.items()}


def join(parts: Sequence[str]) -> str:
    """For example "a cat, a dog and two cups"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def columns(seen: Sequence[Seen]) -> list[list[Seen]] | None:
    """Things by column from the left, each from the top; None where columns are not clear."""
    found: list[list[Seen]] = []
    for thing in sorted(seen, key=lambda thing: thing.x):
        gap = thing.x - found[-1][-1].x if found else 1.0
        if SAME_COLUMN < gap < NEXT_COLUMN:
            return None
        if gap >= NEXT_COLUMN:
            found.append([])
        found[-1].append(thing)
    return [sorted(column, key=lambda thing: thing.y) for column in found]


def describe(seen: Sequence[Seen]) -> str | None:
    """All that is there, in reading order, with left and right where that is plain."""
    if not seen:
        return EMPTY
    ordered = columns(seen)
    if ordered is None:
        return None
    where: dict[int, list[int]] = {}
    for number, column in enumerate(ordered):
        for thing in column:
            where.setdefault(thing.thing, []).append(number)
    parts = [things()[kind].counted(len(numbers)) for kind, numbers in where.items()]
    spans = list(where.values())
    sides = {2: ("left", "right"), 3: ("left", "middle", "right")}.get(len(parts))
    if sides and all(max(a) < min(b) for a, b in pairwise(spans)):
        parts = [f"{part} {ON[side]}" for part, side in zip(parts, sides, strict=True)]
    return f"I see {join(parts)}."


def count(seen: Sequence[Seen], kind: int) -> str:
    """How many of one thing there are."""
    n, thing = sum(one.thing == kind for one in seen), things()[kind]
    if n == 0:
        return f"I see no {thing.plural}."
    return f"There is one {thing.name}." if n == 1 else f"There are {NUMBERS[n]} {thing.plural}."


def count_all(seen: Sequence[Seen], noun: str) -> str:
    """How many cards, things or pictures (`noun`, plural) there are."""
    if not seen:
        return EMPTY
    if len(seen) == 1:
        return f"There is one {noun.removesuffix('s')}."
    return f"There are {NUMBERS[len(seen)]} {noun}."


def zone(value: float, zones: dict[str, tuple[float, float]]) -> str | None:
    """The zone that a coordinate is clearly in."""
    return next((name for name, (low, high) in zones.items() if low <= value <= high), None)


def where(seen: Sequence[Seen], kind: int) -> str | None:
    """Where the only thing of its kind is."""
    thing, found = things()[kind], [one for one in seen if one.thing == kind]
    if not found:
        return f"I do not see {thing.with_article}."
    side, height = zone(found[0].x, SIDES), zone(found[0].y, HEIGHTS)
    if len(found) > 1 or side is None or height is None:
        return None
    if not height:
        return f"The {thing.name} is {ON[side]}."
    return f"The {thing.name} is at the {height}{'' if side == 'middle' else ' ' + side}."


def yes_no(seen: Sequence[Seen], kind: int, plural: bool) -> str:
    """Whether a thing is there."""
    n, thing = sum(one.thing == kind for one in seen), things()[kind]
    if n == 0:
        return f"No, I do not see {'any ' + thing.plural if plural else thing.with_article}."
    return f"Yes, there {'is' if n == 1 else 'are'} {thing.counted(n)}."


def side(seen: Sequence[Seen], name: str) -> str | None:
    """What is on one side."""
    if any(zone(one.x, SIDES) is None for one in seen):
        return None
    here = [one for one in seen if zone(one.x, SIDES) == name]
    if not here:
        return f"I see nothing {ON[name]}."
    ordered = columns(here)
    if ordered is None:
        return None
    kinds = [one.thing for column in ordered for one in column]
    parts = [things()[kind].counted(kinds.count(kind)) for kind in dict.fromkeys(kinds)]
    return f"{ON[name].capitalize()} I see {join(parts)}."


def spoken(rng: np.random.Generator, question: str) -> str:
    """The question as heard, or as somebody types it."""
    style = rng.random()
    if style < 0.5:
        return question
    if style < 0.85:
        return question[0].upper() + question[1:] + "?"
    return question + "?" if style < 0.93 else question[0].upper() + question[1:]


def pick_thing(
    rng: np.random.Generator, seen: Sequence[Seen], present: bool, hinted: Sequence[int]
) -> int | None:
    """A thing that is there, or one that is not: often one that earlier talk was about."""
    here = sorted({one.thing for one in seen})
    if present:
        return int(rng.choice(here)) if here else None
    tempting = [kind for kind in hinted if kind not in here]
    if tempting and rng.random() < 0.4:
        return int(rng.choice(tempting))
    absent = [kind for kind in range(len(things())) if kind not in here]
    return int(rng.choice(absent))


PRESENT = {"count": 0.65, "where": 0.75, "yes_no": 0.5}
"""How often a question names a thing that is there. Half for yes or no, so nothing leaks."""


def ask(rng: np.random.Generator, truth: Truth, kind: str, hinted: Sequence[int] = ()) -> Turn | None:
    """A question of a kind with its right answer; None where there is no single right one."""
    pattern = str(rng.choice(templates()[kind]))
    seen, about = truth.seen, None
    if kind in PRESENT:
        about = pick_thing(rng, seen, rng.random() < PRESENT[kind], hinted)
        if about is None:
            return None
        thing = things()[about]
        pattern = pattern.replace("<thing>", thing.name).replace("<things>", thing.plural)
        pattern = pattern.replace("<a_thing>", thing.with_article)
    answer = TOO_DARK if truth.dark else answer_of(kind, pattern, seen, about)
    if answer is None:
        return None
    told = "dark" if truth.dark else "empty" if not seen and kind != "yes_no" else kind
    return Turn(told, spoken(rng, pattern), answer)


def answer_of(kind: str, question: str, seen: Sequence[Seen], about: int | None) -> str | None:
    """The right answer to a question of a kind about a thing."""
    if about is not None:
        if kind == "count":
            return count(seen, about)
        plural = things()[about].with_article not in question
        return where(seen, about) if kind == "where" else yes_no(seen, about, plural)
    if kind == "count_all":
        return count_all(seen, next(n for n in ("cards", "things", "pictures") if n in question))
    if kind == "side":
        return side(seen, next(name for name in SIDES if name in question))
    return describe(seen)


def interview(rng: np.random.Generator, truth: Truth, n: int, hinted: Sequence[int] = ()) -> list[Turn]:
    """n questions about one scene: describe it, a yes-or-no pair, then any of the others."""
    kinds = ["describe", "yes_no", "yes_no"]
    weights = np.array([0.5, 1.2, 0.6, 1.3, 1.4, 1.0])
    turns: list[Turn] = []
    while len(turns) < n:
        kind = kinds.pop(0) if kinds else str(rng.choice(KINDS, p=weights / weights.sum()))
        turn = ask(rng, truth, kind, hinted)
        if turn is not None:
            turns.append(turn)
    return turns


def small_talk(rng: np.random.Generator, truth: Truth) -> list[Turn]:
    """One or two earlier turns about another scene."""
    return interview(rng, truth, 1) if rng.random() < 0.6 else interview(rng, truth, 4)[2:]
