"""Tells the answers of a model that was taught the templates in another language than it speaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from mortar import languages
from mortar.assistant.intents import thing_words
from mortar.errors import MortarError
from mortar.languages import Language
from mortar.languages.tables import Told
from mortar.languages.things import Named, Things

Names = Mapping[str, str]
"""Words of the model, in lower case → the name that they stand for, "adjective noun" or "noun"."""

_SLOT = re.compile(r"\\{(\w+)\\}")
"""As `re.escape` leaves it."""


class Teller:
    """`table` is that of what the model can name."""

    def __init__(self, language: Language, things: Things, told: Told, table: Path) -> None:
        self._language = language
        self._things = things
        self._counts = told.counts
        model = languages.of(told.model_speaks)
        self._joined = model.words.joined
        nouns, self._singles, colours = _names(table, model)
        self._nouns = {**nouns, **_lowered(told.nouns)}
        self._places = _lowered(told.places)
        counted = rf"(?P<count>{_any(told.counts)}) (?P<noun>{_any(self._nouns)})"
        self._part = re.compile(rf"{counted}(?: (?P<place>{_any(self._places)}))?")
        self._slots: dict[str, tuple[str, Callable[[str], str | None]]] = {
            **dict.fromkeys(("noun", "other"), (_any(self._nouns), self._noun)),
            **dict.fromkeys(("one", "another"), (_any(self._singles), self._single)),
            **dict.fromkeys(("colour", "second"), (_any(colours), things.adjective)),
            "place": (_any(self._places), self._places.get),
            "list": (".+", self._list),
        }
        """Name → pattern, and what is told of a text that it has matched; None where it is none after all."""
        self._sentences = [(self._pattern(said), tell) for said, tell in told.sentences.items()]

    def told(self, sentence: str) -> str:
        """Raises MortarError where no template has it."""
        for pattern, tell in self._sentences:
            if found := pattern.fullmatch(sentence.lower()):
                slots = {name: self._slots[name][1](text) for name, text in found.groupdict().items()}
                if None not in slots.values():
                    text = tell.format(**slots)
                    return text[0].upper() + text[1:]
        raise MortarError(
            "answer-not-told",
            f"the language model said {sentence!r}, for which {self._language.tag} has no words",
            "ask again, or in other words",
        )

    def _pattern(self, said: str) -> re.Pattern[str]:
        def slot(found: re.Match[str]) -> str:
            return f"(?P<{found[1]}>{self._slots[found[1]][0]})"

        return re.compile(_SLOT.sub(slot, re.escape(said.lower())))

    def _noun(self, text: str) -> Named:
        return Named(self._nouns[text], self._things)

    def _single(self, text: str) -> Named:
        return Named(self._singles[text], self._things)

    def _list(self, text: str) -> str | None:
        """For example "a cat on the left and two dogs on the right"."""
        *before, last = text.split(self._joined.more)
        parts = [*before, *last.split(self._joined.two.format(before="", last=""))]
        told = [self._listed(found) for part in parts if (found := self._part.fullmatch(part))]
        return self._language.listed(told) if len(told) == len(parts) else None

    def _listed(self, found: re.Match[str]) -> str:
        words = self._counted(self._counts[found["count"]], self._nouns[found["noun"]])
        return f"{words} {self._places[found['place']]}" if found["place"] else words

    def _counted(self, n: int, name: str) -> str:
        match n:
            case 0:
                return self._things.form("no_many", name)
            case 1:
                return self._things.form("a", name)
            case _:
                return f"{self._language.cardinal(n)} {self._things.form('many', name)}"


def _names(table: Path, language: Language) -> tuple[Names, Names, list[str]]:
    """What a model can name, in its own language: nouns in singular and plural, those with their article,
    and colours."""
    lists = thing_words(table, language)

    def coloured(colours: str, *shapes: str) -> dict[str, str]:
        return {
            f"{colour} {shape}": f"{adjective} {name}"
            for colour, adjective in lists[colours]
            for slot in shapes
            for shape, name in lists[slot]
        }

    nouns = dict(lists["thing"] + lists["things"] + lists["shape"] + lists["shapes"])
    singles = dict(lists["a_thing"] + lists["a_shape"])
    return (
        nouns | coloured("colour", "shape", "shapes"),
        singles | coloured("a_colour", "shape"),
        [name for _, name in lists["colour"]],
    )


def _any(words: Collection[str]) -> str:
    """A pattern of any of them, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _lowered(names: Names) -> Names:
    return {text.lower(): name for text, name in names.items()}
