"""A grammar as a model of text spells it: which tokens may come next, so that it stays in the grammar.

Only letters and digits count: case, spaces and punctuation are the model's own. The grammar is walked
letter by letter, and no further than the model goes: it has more than 100,000 sentences.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from unicode_rbnf import RbnfEngine

from mortar.word_graph import Grammar

UNSPELT = re.compile(r"[^a-z0-9%]")
CONTROL = range(3)
"""Tokens that are no text."""
WRITABLE = re.compile(r"[A-Za-z0-9 ',.:?!%-]*")
_READ = RbnfEngine.for_language("en")
_NUMBERS = {_READ.format_number(number).text: str(number) for number in range(100)}
ALSO = {word: digits for word, digits in _NUMBERS.items() if word.isalpha()} | {"percent": "%", "oh": "0"}
"""Words that are written otherwise too."""
TENS = {_READ.format_number(number).text: str(number // 10) for number in range(20, 100, 10)}
UNITS = {_READ.format_number(number).text: str(number) for number in range(1, 10)}
"""A word of each, one behind the other, is a number of two digits: "twenty five"."""


def letters(text: str) -> str:
    return UNSPELT.sub("", text.lower())


class Place(NamedTuple):
    """`rest` of a word is still to come, then what follows in state `then` of the grammar."""

    rest: str
    then: int


Places = frozenset[Place]
"""All to which the same letters lead: the name of a thing may begin another's."""


@dataclass(frozen=True)
class Next:
    tokens: npt.NDArray[np.int64]
    """Which may come next."""
    places: list[Places]
    """To which each of them leads."""
    may_end: bool


class Vocabulary:
    """Which tokens spell which letters; `pieces` is the text of each token."""

    def __init__(self, pieces: Sequence[str]) -> None:
        spelt = sorted(
            (letters(piece), token)
            for token, piece in enumerate(pieces)
            if token not in CONTROL and WRITABLE.fullmatch(piece)
        )
        self._letters = [held for held, _ in spelt]
        self._tokens = [token for _, token in spelt]
        self.all = range(len(spelt))

    def beginning(self, prefix: str, among: range) -> range:
        """Those `among` the tokens that begin with `prefix`, which is not empty."""
        low = bisect_left(self._letters, prefix, among.start, among.stop)
        behind = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return range(low, bisect_left(self._letters, behind, low, among.stop))

    def spelling(self, spelt: str, among: range) -> list[int]:
        """Those `among` the tokens that are `spelt` just so."""
        low = bisect_left(self._letters, spelt, among.start, among.stop)
        return self._tokens[low : bisect_right(self._letters, spelt, low, among.stop)]


class Speller:
    """Keeps what it worked out: people say alike things."""

    def __init__(self, vocabulary: Vocabulary, grammar: Grammar) -> None:
        self._vocabulary = vocabulary
        self._grammar = grammar
        self.start: Places = frozenset([Place("", grammar.start)])
        self._steps: dict[Places, dict[str, Places]] = {}
        self._next: dict[Places, Next] = {}

    def next(self, places: Places) -> Next:
        if places not in self._next:
            found = list(self._tokens(places, "", self._vocabulary.all))
            tokens = np.array([token for token, _ in found], np.int64)
            may_end = any(not rest and then in self._grammar.ends for rest, then in places)
            self._next[places] = Next(tokens, [leads_to for _, leads_to in found], may_end)
        return self._next[places]

    def sentence(self, text: str) -> str | None:
        """That of the grammar which `text` spells."""
        return next(self._read(letters(text), self._grammar.start), None)

    def _read(self, spelt: str, then: int) -> Iterator[str]:
        if not spelt and then in self._grammar.ends:
            yield ""
        for said, written, after in self._written(then):
            if spelt.startswith(written):
                for rest in self._read(spelt[len(written) :], after):
                    yield f"{said} {rest}".strip()

    def _tokens(self, places: Places, spelt: str, among: range) -> Iterator[tuple[int, Places]]:
        for token in self._vocabulary.spelling(spelt, among):
            yield token, places
        for letter, after in self._step(places).items():
            longer = self._vocabulary.beginning(spelt + letter, among)
            if longer:
                yield from self._tokens(after, spelt + letter, longer)

    def _step(self, places: Places) -> dict[str, Places]:
        """Letters that may come next, and where each leads."""
        if places not in self._steps:
            found: dict[str, set[Place]] = {}
            for rest, then in places:
                ways = [(rest, then)] if rest else [way[1:] for way in self._written(then)]
                for written, after in ways:
                    found.setdefault(written[0], set()).add(Place(written[1:], after))
            self._steps[places] = {letter: frozenset(held) for letter, held in found.items()}
        return self._steps[places]

    def _written(self, then: int) -> Iterator[tuple[str, str, int]]:
        """What may be said next, each way to write it, and what may follow."""
        for word, after in self._grammar.ways[then].items():
            for written in _spellings(word):
                yield word, written, after
            if word in TENS:
                for unit, behind in self._grammar.ways[after].items():
                    if unit in UNITS:
                        yield f"{word} {unit}", TENS[word] + UNITS[unit], behind


def _spellings(word: str) -> list[str]:
    return [letters(word), *([ALSO[word]] if word in ALSO else [])]
