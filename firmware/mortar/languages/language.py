"""One language, out of its folder: what it says, and how it puts numbers, times and lengths into words."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mortar.errors import UsageError
from mortar.languages.tables import Case, Forms, Plural, Speech, Told, Words
from mortar.languages.things import Things

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

FOLDER = Path(__file__).parent

REFERENCE = "en"
"""The language that has every key; the others have the same."""

Answer = str | Plural

UNITS_s = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

NOON_h = 12


class Cased(str):
    """Words that a template may want in another case: "{duration:dative}"."""

    cases: Mapping[str, str]

    def __new__(cls, text: str, cases: Mapping[str, str]) -> Cased:
        made = super().__new__(cls, text)
        made.cases = cases
        return made

    def __format__(self, case: str) -> str:
        return self.cases[case] if case else str(self)


class Language:
    """Of the folder `tag`. Raises UsageError where there is none, msgspec.ValidationError or ValueError
    where a file in it is wrong."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.folder = folder(tag)
        self.speech = msgspec.convert(_table(self.folder / "speech.toml"), Speech)
        self.words = msgspec.convert(_table(self.folder / "words.toml"), Words)
        self.answers = msgspec.convert(_table(self.folder / "answers.toml"), dict[str, dict[str, Answer]])
        things, told = self.folder / "things.toml", self.folder / "seen.toml"
        self.things = Things(msgspec.convert(_table(things), Forms)) if things.exists() else None
        """What a model can name; None: what its own table has."""
        self.told = msgspec.convert(_table(told), Told) if told.exists() else None
        """How the answers of a model that does not speak this language are told; None: they are not."""

    @property
    def sentences(self) -> list[Path]:
        """The files of templates."""
        return sorted((self.folder / "sentences").glob("*.yaml"))

    @property
    def dictionary(self) -> Path | None:
        """How its words are pronounced, a file as CMUdict's; None where CMUdict itself has them."""
        path = self.folder / "words.dict"
        return path if path.exists() else None

    def say(self, key: str, *, n: int | None = None, **slots: str) -> str:
        """The answer "section.name" with its slots filled; `n` chooses between one and many, and fills
        {n}."""
        section, _, name = key.partition(".")
        held = self.answers[section][name]
        if isinstance(held, str):
            return held.format(**slots)
        if n is None:
            raise TypeError(f"{key} has a form for one and one for many: of how many?")
        return held[n != 1].format(n=self.cardinal(n), **slots)

    def has(self, key: str) -> bool:
        section, _, name = key.partition(".")
        return name in self.answers[section]

    def cardinal(self, n: int) -> Cased:
        """For example "twenty-one"."""
        text = self._numbers.format_number(n).text
        return self._cased(lambda case: text if case is None else self._case(case).numbers.get(text, text))

    def ordinal(self, n: int) -> str:
        """For example "twenty-first"."""
        from unicode_rbnf import FormatPurpose

        return self._numbers.format_number(n, FormatPurpose.ORDINAL).text

    def day(self, local: datetime) -> Cased:
        """For example "Saturday, the twenty-first of November"."""
        days = self.words.days
        slots = {
            "weekday": days.weekdays[local.weekday()],
            "day": self.ordinal(local.day),
            "month": days.months[local.month - 1],
        }
        return self._cased(lambda case: ((case and self._case(case).date) or days.date).format(**slots))

    def time(self, local: datetime) -> str:
        """To the minute, for example "ten past nine in the morning"."""
        clock = self.words.clock
        if local.minute == 0 and local.hour in (0, NOON_h):
            return clock.noon if local.hour == NOON_h else clock.midnight
        template = next(text for least, text in self._minutes if local.minute >= least)
        # The hours after the last part are the first one's again.
        part = next((part for before, part in clock.parts if local.hour < before), clock.parts[0][1])
        return template.format(
            minute=self.cardinal(local.minute),
            left=self.cardinal(60 - local.minute),
            hour=self.cardinal((local.hour - 1) % 12 + 1),
            next_hour=self.cardinal(local.hour % 12 + 1),
            part=part,
        )

    def duration(self, seconds: float, *, roughly: bool = False) -> Cased:
        """For example "one hour and thirty minutes". Roughly is the two largest units, or one where that is
        ten or more: nobody wants to hear how many seconds an hour has left."""
        parts = lengths(seconds)
        if roughly:
            parts = parts[: 1 if parts[0][0] >= 10 else 2]
        return self.listed([self.counted(n, unit) for n, unit in parts])

    def counted(self, n: int, unit: str) -> Cased:
        """Of a unit of time: "two minutes"."""

        def form(case: str | None) -> str:
            units = (case and self._case(case).units) or self.words.units
            forms: Plural = getattr(units, unit)
            return forms[n != 1].format(n=self.cardinal(n))

        return self._cased(form)

    def listed(self, parts: Sequence[str]) -> Cased:
        """For example "a, b and c"."""

        def form(case: str | None) -> str:
            *before, last = [part.cases[case] if case and isinstance(part, Cased) else part for part in parts]
            joined = self.words.joined
            return joined.two.format(before=joined.more.join(before), last=last) if before else str(last)

        return self._cased(form)

    @cached_property
    def _numbers(self) -> RbnfEngine:
        # Imported and read where a number is said: most processes ask for settings alone.
        from unicode_rbnf import RbnfEngine

        return RbnfEngine.for_language(self.tag)

    @cached_property
    def _minutes(self) -> list[tuple[int, str]]:
        """The latest first."""
        return sorted(((int(least), text) for least, text in self.words.clock.minutes.items()), reverse=True)

    def _case(self, name: str) -> Case:
        return self.words.cases[name]

    def _cased(self, form: Callable[[str | None], str]) -> Cased:
        return Cased(form(None), {case: form(case) for case in self.words.cases})


@cache
def of(tag: str = REFERENCE) -> Language:
    """The language with that tag, read once."""
    return Language(tag)


def folder(tag: str) -> Path:
    """Of a language. Raises UsageError, with those there are, where there is none."""
    if tag not in known():
        raise UsageError(
            "assistant-language-unknown",
            f"there is no language {tag!r}",
            f"set assistant.language to one of: {', '.join(known())}",
        )
    return FOLDER / tag


def settings(tag: str) -> Path:
    """What a language brings along, a file as people write it."""
    return folder(tag) / "settings.toml"


@cache
def known() -> tuple[str, ...]:
    """Tags of all languages there are."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/answers.toml")))


def lengths(seconds: float) -> list[tuple[int, str]]:
    """How many of each unit of time, the largest first, without those of which there are none; at least a
    second."""
    rest = max(1, round(seconds))
    parts = []
    for length, unit in UNITS_s:
        n, rest = divmod(rest, length)
        parts += [(n, unit)] if n else []
    return parts


def slots_of(text: str) -> set[tuple[str, str]]:
    """(slot, case) of a template; without a case it is empty."""
    return {(name, case or "") for _, name, case, _ in string.Formatter().parse(text) if name is not None}


def _table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
