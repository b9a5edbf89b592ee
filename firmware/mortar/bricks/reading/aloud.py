"""Applies a language's table of reading rules to a text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from unicode_rbnf import FormatPurpose, RbnfEngine

from mortar.bricks.reading.markup import without_markup

TABLES = Path(__file__).parent

Form = str | tuple[str, str]
"""One form, or those for one and for many."""

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
def titles() -> frozenset[str]:
    """Abbreviations of all languages that no sentence ends with, in lower case: "dr."."""
    tables = [_table(path) for path in TABLES.glob("*.toml")]
    return frozenset(title.lower() for table in tables for title in table["titles"])


@cache
def _rules(language: str) -> _Rules | None:
    path = TABLES / f"{language}.toml"
    return _Rules(language, _table(path)) if language.isalpha() and path.is_file() else None


def _table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


class _Rules:
    """A language's file, compiled."""

    def __init__(self, language: str, held: dict[str, Any]) -> None:
        self._numbers = RbnfEngine.for_language(language)
        self._link: str = held.pop("link")
        rules: list[dict[str, str]] = held.pop("rule")
        patterns: dict[str, str] = held.pop("patterns")
        self._tables = msgspec.convert(held, dict[str, dict[str, Form]])
        names = patterns | {name: _any_of(table) for name, table in self._tables.items()}
        self._abbreviations = self._abbreviating(names)
        self._rules = [(re.compile(rule["find"].format_map(names)), rule["say"]) for rule in rules]

    def read(self, text: str) -> str:
        text = without_markup(text, self._link)
        for pattern, form in (*self._abbreviations, *self._rules):
            text = pattern.sub(lambda match, form=form: self._said(form, match), text)  # type: ignore[misc]
        return " ".join(text.split())

    def _abbreviating(self, names: Mapping[str, str]) -> list[tuple[re.Pattern[str], str]]:
        """Where an abbreviation ends the text, its period is the sentence's and stays."""
        return [
            (re.compile(rf"(?<![\w.])(?P<short>{names[name]})(?P<end>(?:(?<=\.)$)?)"), form)
            for name, form in (("titles", "{short:titles}"), ("abbreviations", "{short:abbreviations}{end:stop}"))
        ]

    def _said(self, form: str, match: re.Match[str]) -> str:
        groups = {name: text or "" for name, text in match.groupdict().items()}
        return form.format_map({name: _Group(text, self, groups) for name, text in groups.items()})
