"""What Moonshine heard: freely, or as a sentence of a grammar."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mortar.runtimes.interfaces import Floats, Interrupted
from mortar.runtimes.moonshine_model import BEGIN, END, Moonshine, Rows
from mortar.runtimes.spelling import Places, Speller, letters

MOST_TOKENS = 64
"""Of one answer; a question has 5 to 15."""

MARGIN = 14.0
"""Nats by which a sentence may be less likely than the best."""


class Written(NamedTuple):
    text: str
    fit: float
    """Log probability, in nats."""


class _Row(NamedTuple):
    fit: float
    tokens: list[int]
    spelt: str
    ends_in_letters: bool
    """And not in a point, a comma or a space."""
    places: Places


class _Way(NamedTuple):
    """A row that goes on."""

    fit: float
    row: int
    token: int
    spelt: str
    adds_letters: bool
    places: Places


def freely(
    model: Moonshine, rows: Rows, should_stop: Callable[[], bool], most: int = MOST_TOKENS
) -> tuple[Written, list[int]]:
    """The likeliest token, one after another: `most` of them, or less where END is among them.

    Gives those tokens too, with BEGIN before them.
    """
    tokens = [BEGIN]
    fit = 0.0
    while tokens[-1] != END and len(tokens) <= most:
        if should_stop():
            raise Interrupted
        likely = rows.write([0], tokens[-1:])[0]
        tokens.append(int(likely.argmax()))
        fit += float(likely[tokens[-1]])
    return Written(model.text(tokens), fit), tokens


def sentences(
    model: Moonshine, rows: Rows, speller: Speller, beam: int, should_stop: Callable[[], bool]
) -> list[Written]:
    """Sentences of the grammar, best first; `beam` beginnings of sentences are followed side by side."""
    at = [_Row(0.0, [BEGIN], "", True, speller.start)]
    came_from = [0]
    ended: dict[str, Written] = {}
    for _ in range(MOST_TOKENS):
        if should_stop():
            raise Interrupted
        likely = rows.write(came_from, [row.tokens[-1] for row in at])
        for number, row in enumerate(at):
            if speller.next(row.places).may_end:
                written = Written(model.text(row.tokens), row.fit + float(likely[number, END]))
                if row.spelt not in ended or written.fit > ended[row.spelt].fit:
                    ended[row.spelt] = written
        best = max((written.fit for written in ended.values()), default=-math.inf)
        ways = [way for way in _ways(model, at, likely, speller, beam) if way.fit > best - MARGIN]
        if not ways:
            break
        at = [
            _Row(way.fit, [*at[way.row].tokens, way.token], way.spelt, way.adds_letters, way.places)
            for way in ways
        ]
        came_from = [way.row for way in ways]
    likely_enough = [written for written in ended.values() if written.fit > best - MARGIN]
    return sorted(likely_enough, key=lambda written: -written.fit)


def _ways(model: Moonshine, at: list[_Row], likely: Floats, speller: Speller, beam: int) -> list[_Way]:
    """The best `beam` in which the rows may go on, each with other letters than those before it."""
    ways: list[_Way] = []
    for number, row in enumerate(at):
        following = speller.next(row.places)
        fits = row.fit + likely[number, following.tokens]
        for index in np.argsort(-fits)[: 2 * beam]:
            token = int(following.tokens[index])
            added = letters(model.pieces[token])
            if added or row.ends_in_letters:  # or it would write points without end
                spelt, places = row.spelt + added, following.places[index]
                ways.append(_Way(float(fits[index]), number, token, spelt, bool(added), places))
    distinct: dict[str, _Way] = {}
    for way in sorted(ways, key=lambda way: -way.fit):
        distinct.setdefault(way.spelt, way)
    return list(distinct.values())[:beam]
