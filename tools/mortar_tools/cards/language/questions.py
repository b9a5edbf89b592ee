"""The wordings of questions: the firmware's templates, and what a picture cannot answer."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import yaml  # type: ignore[import-untyped]
from hassil.intents import Intents, SlotList, TextSlotList
from hassil.sample import sample_intents

from mortar_tools.cards.language.nouns import Noun
from mortar_tools.cards.things import CARDS, SENTENCES


class Kind(StrEnum):
    """What a question asks; the last two are what alone decides the answer to any question."""

    DESCRIBE = "describe"
    COUNT = "count"
    COUNT_ALL = "count_all"
    WHERE = "where"
    YES_NO = "yes_no"
    SIDE = "side"
    COLOUR = "colour"
    COMPARE = "compare"
    BETWEEN = "between"
    UNKNOWN = "unknown"
    UNANSWERABLE = "unanswerable"
    DARK = "dark"
    EMPTY = "empty"


INTENTS = {
    Kind.DESCRIBE: "LookDescribe",
    Kind.COUNT: "LookCount",
    Kind.COUNT_ALL: "LookCountAll",
    Kind.WHERE: "LookWhere",
    Kind.YES_NO: "LookIsThere",
    Kind.SIDE: "LookSide",
    Kind.COLOUR: "LookColour",
    Kind.COMPARE: "LookCompare",
    Kind.BETWEEN: "LookBetween",
}

SINGULAR, PLURAL, WITH_ARTICLE = "name", "plural", "single"
FORMS = {
    "card": SINGULAR,
    "other": SINGULAR,
    "kind": SINGULAR,
    "cards": PLURAL,
    "others": PLURAL,
    "kinds": PLURAL,
    "a_card": WITH_ARTICLE,
}
"""Expansion rule of the templates → the form of the noun that stands there."""


@dataclass(frozen=True)
class Wording:
    """A question with places for nouns."""

    texts: tuple[str, ...]
    """What stands around the nouns: one more than there are nouns."""
    forms: tuple[str, ...]
    """The form of each noun: an attribute of Noun."""

    @property
    def text(self) -> str:
        """Without its nouns."""
        return "".join(self.texts)

    @property
    def plural(self) -> bool:
        """Whether it asks after several of its first noun."""
        return self.forms[0] == PLURAL

    def asking(self, nouns: Sequence[Noun]) -> str:
        """The question about these nouns."""
        words = [self.texts[0]]
        for form, noun, text in zip(self.forms, nouns, self.texts[1:], strict=True):
            words += (getattr(noun, form), text)
        return "".join(words)


def wording(pattern: str) -> Wording:
    """Of a text in which <card>, <others> ... stand for nouns."""
    parts = re.split(r"<(\w+)>", pattern)
    return Wording(tuple(parts[::2]), tuple(FORMS[rule] for rule in parts[1::2]))


@cache
def wordings() -> dict[Kind, tuple[Wording, ...]]:
    """Kind of question → its wordings in the templates."""
    templates = yaml.safe_load(SENTENCES.read_text())
    templates["expansion_rules"] = {rule: f"{{{rule}}}" for rule in FORMS}
    marks: dict[str, SlotList] = {
        rule: TextSlotList.from_tuples([(f"<{rule}>", rule)], allow_template=False) for rule in FORMS
    }
    found: dict[str, list[Wording]] = {}
    for intent, text in sample_intents(Intents.from_dict(templates), marks):
        found.setdefault(intent, []).append(wording(text))
    return {kind: tuple(found[intent]) for kind, intent in INTENTS.items()}


@cache
def unanswerable(kept: bool) -> tuple[Wording, ...]:
    """Questions that no picture answers; those that are `kept` are never trained on."""
    with (CARDS / "unanswerable.toml").open("rb") as file:
        patterns = tomllib.load(file)["kept" if kept else "taught"]
    return tuple(wording(pattern) for pattern in patterns)


def spoken(rng: np.random.Generator, question: str) -> str:
    """The question as heard, or as somebody types it."""
    style = rng.random()
    if style < 0.5:
        return question
    if style < 0.85:
        return question[0].upper() + question[1:] + "?"
    return question + "?" if style < 0.93 else question[0].upper() + question[1:]
