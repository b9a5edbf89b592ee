"""Applies a language's table of reading rules to a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, partial
from typing import Any

import msgspec
from unicode_rbnf import FormatPurpose, RbnfEngine

from mortar.bricks.reading.markup import without_markup
from mortar.bricks.reading.tables import table

Form = str | tuple[str, str]
"""One form, or those for one and for many."""

MOST_digits = 15
"""Longer numbers have no name that people know: they are read digit by digit."""

_PURPOSES = {
    "cardinal": FormatPurpose.CARDINAL,
    "ordinal": FormatPurpose.ORDINAL,
    "year": FormatPurpose.YEAR,
}


def read_aloud(text: str, language: str) -> str:
    """`text` in words, on one line, as a speech engine reads it well. Plain words stay as they are.

    `language` is a tag such as "en-us"; what counts is the part before the hyphen.
    """
    rules = _rules(re.split(r"[-_+]", language.lower())[0])
    return without_markup(text) if rules is None else rules.read(text)


@cache
def _rules(language: str) -> _Rules | None:
    held = table(language)
    return None if held is None else _Rules(language, held)


class _Rules:
    """A language's file, compiled."""

    def __init__(self, language: str, held: dict[str, Any]) -> None:
        self.numbers = RbnfEngine.for_language(language)
        self._link: str = held.pop("link")
        self._thousands: str = held.pop("thousands")
        self._decimal: str = held.pop("decimal")
        rules: list[dict[str, str]] = held.pop("rule")
        patterns: dict[str, str] = held.pop("patterns")
        self.tables = msgspec.convert(held, dict[str, dict[str, Form]])
        names = patterns | {name: _any_of(forms) for name, forms in self.tables.items()}
        self._rules = [(re.compile(rule["find"].format_map(names)), rule["say"]) for rule in rules]

    def plain(self, number: str) -> str:
        """As Python writes it."""
        return number.replace(self._thousands, "").replace(self._decimal, ".")

    def read(self, text: str) -> str:
        text = without_markup(text, self._link)
        for pattern, form in self._rules:
            text = pattern.sub(partial(self._said, form), text)
        return " ".join(text.split())

    def _said(self, form: str, match: re.Match[str]) -> str:
        groups = {name: text or "" for name, text in match.groupdict().items()}
        return form.format_map({name: _Group(text, groups, self) for name, text in groups.items()})


class _Group:
    """What a group of a rule matched; in the rule's form, the format specification says how it is read."""

    def __init__(self, text: str, groups: Mapping[str, str], rules: _Rules) -> None:
        self._text = text
        self._groups = groups
        self._rules = rules

    def __format__(self, how: str) -> str:
        if not how:
            return self._text
        if how in self._rules.tables:
            return self._looked_up(how, "")
        if how in _PURPOSES or how == "digits":
            return self._number(how)
        return self._looked_up(*how.split(":"))

    def _looked_up(self, name: str, count: str) -> str:
        form = self._rules.tables[name][self._text]
        return form if isinstance(form, str) else form[self._groups[count] != "1"]

    def _number(self, how: str) -> str:
        plain = self._rules.plain(self._text)
        if how == "digits" or len(plain) > MOST_digits:
            return " ".join(
                self._rules.numbers.format_number(int(digit)).text for digit in plain if digit.isdigit()
            )
        return self._rules.numbers.format_number(Decimal(plain), _PURPOSES[how]).text


def _any_of(forms: Mapping[str, Form]) -> str:
    """A pattern of every key, the longest first: "km/h" is not "km"."""
    return "(?:" + "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) + ")"
