"""What a sentence means: the templates of a language, matched by hassil."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from hassil import (
    Intents,
    ListReference,
    RecognizeResult,
    Sentence,
    SlotList,
    TextSlotList,
    WildcardSlotList,
    recognize_best,
    sample_expression,
    sample_intents,
)
from hassil.intents import TextSlotValue

from mortar import languages, resources
from mortar.assistant.meaning import Intent, Kind
from mortar.assistant.replies import REPLIES
from mortar.assistant.skills import SKILLS
from mortar.languages import Language
from mortar.languages.things import Entries

SlotLists = Mapping[str, TextSlotList]

IS_THERE = "LookIsThere"
"""The intent that asks whether something is there."""

MOST_NUMBERS = 6
"""Of a range, in `Understanding.sentences`: two in one sentence make 3,600 of it otherwise."""


class Understanding:
    """Recognises sentences of the templates. `things` is the table of what the model can name; without a
    `language` it is English."""

    def __init__(self, language: Language | None = None, things: Path | None = None) -> None:
        self.language = language or languages.of()
        self._intents = Intents.from_files(self.language.sentences)
        self._written = [
            (re.compile(written.find, re.IGNORECASE), written.say) for written in self.language.speech.written
        ]
        self._things = things or resources.bundled_model() / "things.toml"
        self._slot_lists = thing_lists(self._things, self.language)

    def understand(self, text: str) -> Intent | None:
        """The intent of a whole sentence, in any case and with or without punctuation."""
        found = self._recognised(text) or self._recognised(self._as_spoken(text))
        if found is None:
            return None
        return Intent(
            name=found.intent.name,
            kind=kind_of(found.intent.name),
            slots={name: _plain(entity.value).strip() for name, entity in found.entities.items()},
        )

    def wording(self, intent: Intent) -> str | None:
        """The first sentence of the templates that means just this; None where there is none."""
        return next(self.wordings(intent), None)

    def wordings(self, intent: Intent) -> Iterator[str]:
        """Every sentence of the templates that means just this."""
        values = set(intent.slots.values())

        def likely(slots: TextSlotList) -> list[TextSlotValue]:
            # hassil warns of a list that has no entry: the first, which fits nowhere, stands in for none.
            return [entry for entry in slots.values if entry.value_out in values] or slots.values[:1]

        lists: dict[str, SlotList] = {
            name: TextSlotList(name, likely(slots)) for name, slots in self._spoken_lists.items()
        }
        texts = sample_intents(self._intents, lists, intent_names={intent.name})
        sentences = (" ".join(text.split()) for _, text in texts)
        return (text for text in sentences if self.understand(text) == intent)

    def other_wording(self, text: str) -> str | None:
        """The same question in other words of the templates, with as many words of `text` as there may be, so
        that nouns keep their forms; None where there is none."""
        intent = self.understand(text)
        if intent is None:
            return None
        asked = re.findall(r"\w+", text.casefold())
        others = [other for other in self.wordings(intent) if re.findall(r"\w+", other) != asked]

        def likeness(other: str) -> float:
            words = set(other.split())
            return len(words & set(asked)) / len(words | set(asked))

        return max(others, key=likeness, default=None)

    def whether(self, slots: Mapping[str, str]) -> str:
        """The question whether the thing in `slots` is there: "is there a dog"; empty where there is none."""
        is_there = Intent(IS_THERE, Kind.LOOK, slots)
        return (self.wording(is_there) or "") if "thing" in slots else ""

    def named(self, slots: Mapping[str, str]) -> str:
        """The thing in `slots`, as one that is looked for: "a dog", "a red circle"; empty where there is
        none."""
        if "thing" not in slots:
            return ""
        colour, thing = slots.get("colour", ""), slots["thing"]
        if self.language.things is not None:
            return self.language.things.form("a", f"{colour} {thing}".strip())
        return f"{_article(colour)} {colour} {thing}" if colour else self._with_article[thing]

    @cached_property
    def _with_article(self) -> Mapping[str, str]:
        lists = thing_words(self._things, self.language)
        return {name: words for words, name in [*lists["a_thing"], *lists["a_shape"]]}

    def _recognised(self, text: str) -> RecognizeResult | None:
        return recognize_best(text, self._intents, slot_lists=dict(self._slot_lists))

    def _as_spoken(self, text: str) -> str:
        for pattern, say in self._written:
            text = pattern.sub(say, text)
        return text

    @cached_property
    def examples(self) -> list[str]:
        """One sentence an intent, in the order of the files, in which no two slots are filled alike."""
        return [
            next(text for _, text in self._sample(entries=2, intents={name}) if self._is_plain(text))
            for name in self._intents.intents
        ]

    def sentences(self, entries: int | None = None) -> Iterator[tuple[str, str]]:
        """(intent name, sentence): all that the templates make of the first `entries` of each slot list, but
        for what only dictation writes, with digits.

        Some name two things: with all entries of all lists there are more than 100,000.
        """
        return self._sample(entries, None)

    def _sample(self, entries: int | None, intents: set[str] | None) -> Iterator[tuple[str, str]]:
        lists: dict[str, SlotList] = {
            name: TextSlotList(name, slots.values[:entries]) for name, slots in self._spoken_lists.items()
        }
        for name, text in sample_intents(self._intents, lists, intent_names=intents):
            if not _has_digits(text):
                yield name, " ".join(text.split())  # what is optional and left out leaves its space

    @cached_property
    def _spoken_lists(self) -> SlotLists:
        """Every list; of a range of numbers, some from low to high."""
        every = {**self._intents.slot_lists, **self._slot_lists}
        return {
            name: slots
            if isinstance(slots, TextSlotList)
            else some_numbers(name, slots, self._intents.language)
            for name, slots in every.items()
            if not isinstance(slots, WildcardSlotList)
        }

    def _is_plain(self, text: str) -> bool:
        intent = self.understand(text)
        return intent is not None and len(set(intent.slots.values())) == len(intent.slots)


def needs_dictation(sentence: Sentence, intents: Intents) -> bool:
    """Whether it has a place for any words: those no grammar knows."""
    return any(
        isinstance(intents.slot_lists.get(name), WildcardSlotList)
        for name in sentence.list_names(intents.expansion_rules)
    )


def in_words(name: str, slots: SlotList, language: str) -> list[str]:
    """What may be said for the list of that name; not what only dictation writes, with digits."""
    said = sample_expression(ListReference(name), {name: slots}, language=language)
    spoken = (" ".join(text.replace("-", " ").split()) for text in said)
    return [text for text in spoken if not _has_digits(text)]


def _has_digits(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def some_numbers(name: str, slots: SlotList, language: str) -> TextSlotList:
    words = in_words(name, slots, language)
    return TextSlotList.from_strings(words[:: -(-len(words) // MOST_NUMBERS)], name=name)


def thing_lists(things: Path, language: Language) -> SlotLists:
    """Slot lists of what the model can name: the value of each entry is the name that its table has."""
    return {
        name: TextSlotList.from_tuples(entries, allow_template=False, name=name)
        for name, entries in thing_words(things, language).items()
    }


def thing_words(things: Path, language: Language) -> Mapping[str, Entries]:
    """The entries of these lists: (words, name).

    Where the language has words of its own for that, they are in `Things.lists`. Else the table's own:
    thing, things, a_thing ("cat", "cats", "a cat"), shape, shapes, a_shape the same of plain shapes,
    colour, a_colour ("orange", "an orange").
    """
    with things.open("rb") as file:
        table = tomllib.load(file)
    colours = [row["name"] for row in table["colour"]]
    if language.things is not None:
        names, shapes = ([row["name"] for row in table[kind]] for kind in ("thing", "shape"))
        return language.things.lists(names, shapes, colours)
    return {
        **_forms("thing", table["thing"]),
        **_forms("shape", table["shape"]),
        "colour": [(colour, colour) for colour in colours],
        "a_colour": [(f"{_article(colour)} {colour}", colour) for colour in colours],
    }


def _forms(name: str, rows: list[dict[str, str]]) -> dict[str, Entries]:
    """(words, name) of every row: singular, plural, and singular with its article."""
    return {
        name: [(row["name"], row["name"]) for row in rows],
        f"{name}s": [(row["plural"], row["name"]) for row in rows],
        f"a_{name}": [(f"{row['article']} {row['name']}", row["name"]) for row in rows],
    }


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _plain(value: object) -> str:
    """hassil gives a number in words as an integer, and one in digits with a fraction."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def kind_of(intent: str) -> Kind:
    if intent in SKILLS:
        return Kind.SKILL
    return Kind.REPLY if intent in REPLIES else Kind.LOOK
