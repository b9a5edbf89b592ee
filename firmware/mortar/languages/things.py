"""What a model can name, in the words of a language and in every form that its sentences need."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping

from mortar.languages.tables import Forms

Entries = list[tuple[str, str]]
"""(words, the name that the model's table has)"""


class Adjective(str):
    """A template asks for its ending: "{adjective:es}"."""

    def __format__(self, ending: str) -> str:
        return self.replace("-", ending)


class Named(str):
    """A name of the model's table: a template asks for its form, "{noun:the}"."""

    things: Things

    def __new__(cls, name: str, things: Things) -> Named:
        made = super().__new__(cls, name)
        made.things = things
        return made

    def __format__(self, form: str) -> str:
        return self.things.form(form, self)


class Things:
    def __init__(self, table: Forms) -> None:
        self._table = table

    def form(self, form: str, name: str) -> str:
        """For example ("the", "red circle") → "der rote Kreis". Raises KeyError where it has no words."""
        adjective, _, noun = name.rpartition(" ")
        article, single, plural, other = self._table.nouns[noun]
        text = self._table.forms[form][article].format(
            name=single,
            plural=plural,
            other=other or single,
            adjective=Adjective(self._table.adjectives[adjective] if adjective else ""),
        )
        return " ".join(text.split())

    def adjective(self, name: str) -> str:
        """By itself: "rot"."""
        return f"{Adjective(self._table.adjectives[name])}"

    def lists(
        self, things: Iterable[str], shapes: Iterable[str], colours: Iterable[str]
    ) -> Mapping[str, Entries]:
        """Entries of slot lists for sentences: of each form FORM_thing and FORM_shape ("the_thing": "die
        katze"), of each ending colour_ENDING ("colour_es": "rotes"), and the shapes' names alone, as shape
        and, by their article, as shape_ARTICLE. What a model names beyond the table is in none."""
        known = {"thing": self._known(things), "shape": self._known(shapes)}
        lists: dict[str, Entries] = {
            f"{form}_{kind}": [(self.form(form, name).lower(), name) for name in names]
            for form in self._table.forms
            for kind, names in known.items()
        }
        nouns = {name: self._table.nouns[name] for name in known["shape"]}
        lists["shape"] = [(noun.name.lower(), name) for name, noun in nouns.items()]
        for name, noun in nouns.items():
            lists.setdefault(f"shape_{noun.article}", []).append((noun.name.lower(), name))
        adjectives = {
            name: Adjective(self._table.adjectives[name])
            for name in colours
            if name in self._table.adjectives
        }
        for ending in self._endings():
            lists[f"colour_{ending}"] = [(f"{word:{ending}}", name) for name, word in adjectives.items()]
        return lists

    def _known(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self._table.nouns]

    def _endings(self) -> set[str]:
        templates = (text for forms in self._table.forms.values() for text in forms.values())
        parsed = (part for text in templates for part in string.Formatter().parse(text))
        return {ending for _, slot, ending, _ in parsed if slot == "adjective" and ending}
