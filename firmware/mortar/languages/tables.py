"""What stands in a language's words.toml and speech.toml, as types: a wrong or missing key is an error."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

Plural = tuple[str, str]
"""For one, and for {n}."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all."""


class Units(Table, frozen=True):
    """Lengths of time."""

    day: Plural
    hour: Plural
    minute: Plural
    second: Plural


class Joined(Table, frozen=True):
    two: str
    """{before} and {last}: how the last of several is joined to the others."""
    more: str
    """Between the others."""


class Clock(Table, frozen=True):
    """The time of day."""

    noon: str
    midnight: str
    parts: list[tuple[int, str]]
    """The hour before which a part of the day ends, and its words."""
    minutes: dict[str, str]
    """From this minute of the hour on, the template: {minute} and {left} to the next hour, {hour} and
    {next_hour} of twelve, {part} of the day."""


class Days(Table, frozen=True):
    weekdays: tuple[str, str, str, str, str, str, str]
    """From Monday."""
    months: tuple[str, str, str, str, str, str, str, str, str, str, str, str]
    date: str
    """{weekday}, {day} as an ordinal, {month}"""


class Case(Table, frozen=True):
    """Other forms of the same words, which a template asks for by the case's name: "{duration:dative}"."""

    numbers: dict[str, str] = {}
    """Number in words → its form here, where that differs."""
    units: Units | None = None
    """None: as always."""
    date: str | None = None
    """None: as always."""


class Words(Table, frozen=True):
    units: Units
    joined: Joined
    clock: Clock
    days: Days
    cases: dict[str, Case]


class Written(Table, frozen=True):
    """How dictation writes what the templates have in words."""

    find: str
    """A regular expression, in any case."""
    say: str


class Stop(Table, frozen=True):
    """What makes the assistant fall silent while it speaks."""

    phrases: list[str]
    pronunciations: dict[str, list[str]]
    """Word → ways to say it, in the phones of the acoustic model."""


class Speech(Table, frozen=True):
    adds_nothing: list[str]
    """Words that a whole sentence may end with, and means the same without: nobody is waited for to say
    them."""
    stop: Stop
    pronunciations: dict[str, str] = {}
    """Words that the dictionary lacks, in its phones."""
    written: list[Written] = []


class Noun(NamedTuple):
    article: str
    """Tells how it is declined."""
    name: str
    plural: str
    other: str = ""
    """Its form in other cases; empty: its name."""


class Forms(Table, frozen=True):
    """What a model can name, under its names in the model's table, and how that stands in a sentence."""

    forms: dict[str, dict[str, str]]
    """Name of a form → article → template of {name}, {plural}, {other} and {adjective:ending}."""
    adjectives: dict[str, str]
    """With a hyphen where the ending goes; without one it has none."""
    nouns: dict[str, Noun]


class Told(Table, frozen=True):
    """How the answers of a model that speaks another language are told."""

    model_speaks: str
    counts: dict[str, int]
    """Words before what is counted; none is 0."""
    nouns: dict[str, str]
    """What it names beside the things of its table → how Forms has it, "adjective noun" or "noun"."""
    places: dict[str, str]
    sentences: dict[str, str]
    """Its sentences → how each is told: in both stand slots, behind whose colon stands a form."""
