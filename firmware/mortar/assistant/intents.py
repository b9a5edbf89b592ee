"""What a sentence means: the templates in sentences/*.yaml, matched by hassil.

An intent that a skill answers is of kind SKILL; every other is a question about the picture, of
kind LOOK, and goes to the language brick in the words it was asked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hassil import Intents, TextSlotList, recognize_best, sample_intents

from mortar import resources
from mortar.assistant.skills import SKILLS

SENTENCES = Path(__file__).parent / "sentences"

SlotLists = Mapping[str, TextSlotList]


class Kind(StrEnum):
    SKILL = "skill"
    LOOK = "look"


@dataclass(frozen=True)
class Intent:
    """What was meant, and the words that fill its slots: {"thing": "cat"}."""

    name: str
    kind: Kind
    slots: Mapping[str, str]


class Understanding:
    """Recognises sentences of the templates. `things` is the table of what the model can name."""

    def __init__(self, things: Path | None = None) -> None:
        self._intents = Intents.from_files(sorted(SENTENCES.glob("*.yaml")))
        self._slot_lists = thing_lists(things or resources.bundled_model() / "things.toml")

    def understand(self, text: str) -> Intent | None:
        """The intent of a whole sentence, in any case and with or without punctuation."""
        found = recognize_best(text, self._intents, slot_lists=dict(self._slot_lists))
        if found is None:
            return None
        return Intent(
            name=found.intent.name,
            kind=_kind(found.intent.name),
            slots={name: str(entity.value) for name, entity in found.entities.items()},
        )

    def examples(self) -> list[str]:
        """One sentence an intent, in the order of the files."""
        lists = {name: TextSlotList(name, slots.values[:1]) for name, slots in self._slot_lists.items()}
        return [text for _, text in self._sampled(lists, 1)]

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Every (intent name, sentence) that the templates and the things can make."""
        return self._sampled(self._slot_lists, None)

    def _sampled(self, lists: SlotLists, most: int | None) -> Iterator[tuple[str, str]]:
        yield from sample_intents(self._intents, dict(lists), max_sentences_per_intent=most)


def thing_lists(things: Path) -> SlotLists:
    """Slot lists thing ("cat"), things ("cats") and a_thing ("a cat"); each gives the thing's name."""
    with things.open("rb") as file:
        rows = tomllib.load(file)["thing"]
    spoken = {
        "thing": [row["name"] for row in rows],
        "things": [row["plural"] for row in rows],
        "a_thing": [f"{row['article']} {row['name']}" for row in rows],
    }
    names = spoken["thing"]
    return {
        slot: TextSlotList.from_tuples(zip(words, names, strict=True), allow_template=False, name=slot)
        for slot, words in spoken.items()
    }


def _kind(intent: str) -> Kind:
    return Kind.SKILL if intent in SKILLS else Kind.LOOK
