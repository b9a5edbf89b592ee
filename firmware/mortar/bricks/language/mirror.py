"""What lies in the language model's memory, position by position, and how to change it.

Pure bookkeeping: two lists are compared, and what they share from the start need not be read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple


class PictureToken(NamedTuple):
    """Row `row` of the embeddings of picture number `picture`."""

    picture: int
    row: int


Entry = int | PictureToken
"""One position of the memory: a text token's number, or a row of a picture."""


LEAST_MOVED_TOK = 8
"""Fewer are not worth a cut, after which all that follows is turned to its new positions; and so few may be
the same by chance."""


@dataclass(frozen=True)
class Run:
    """Neighbouring entries that are read in one go: text, or rows of one picture."""

    entries: tuple[Entry, ...]
    pos: int

    @property
    def first_row(self) -> int | None:
        """Where in its picture it begins; None for text."""
        first = self.entries[0]
        return first.row if isinstance(first, PictureToken) else None


@dataclass(frozen=True)
class Cut:
    """The positions from `begin` to before `end` leave, `moved_tok` behind them move up, all else goes."""

    begin: int
    end: int
    moved_tok: int


def shared(held: Sequence[Entry], wanted: Sequence[Entry], *, splits: bool) -> int:
    """How many entries at the start of `held` may stay. Unless `splits`, a picture stays whole or not at all:
    it was read with all of its rows attending to each other, so half of one is none."""
    keep = 0
    for one, other in zip(held, wanted, strict=False):
        if one != other:
            break
        keep += 1
    return keep if splits else keep - _rows_before(wanted, keep)


def cut_for(held: Sequence[Entry], wanted: Sequence[Entry]) -> Cut | None:
    """How to cut `held` so that as much as can be of its text moves up to where it is wanted.

    What moves up was computed with what is cut in view. So text alone is cut, and text alone moves up:
    nothing goes on that has seen a picture which is gone. None where fewer than `LEAST_MOVED_TOK` entries
    would stay.
    """
    begin = shared(held, wanted, splits=True)
    if begin == len(wanted):
        return None
    most = None
    for end in range(begin + 1, len(held)):
        if isinstance(held[end - 1], PictureToken):
            break
        if held[end] == wanted[begin]:
            moved_tok = _text_tok(wanted[begin : begin + shared(held[end:], wanted[begin:], splits=True)])
            if moved_tok >= (most.moved_tok + 1 if most else LEAST_MOVED_TOK):
                most = Cut(begin, end, moved_tok)
    return most


def chunk_end(wanted: Sequence[Entry], begin: int, most_tok: int, *, splits: bool) -> int:
    """Where the chunk ends that is read from `begin` on: after `most_tok` entries at most. Unless `splits`,
    it ends before a picture that would not be whole, and one that begins it is read whole, however large."""
    end = min(begin + most_tok, len(wanted))
    if splits or not (rows := _rows_before(wanted, end)):
        return end
    if end - rows > begin:
        return end - rows
    while end < len(wanted) and _kind(wanted[end]) == _kind(wanted[begin]):
        end += 1
    return end


def runs(wanted: Sequence[Entry], begin: int, end: int) -> list[Run]:
    """What must be read of `wanted`, from position `begin` to before `end`, in order."""
    found, pos = [], begin
    for _, group in groupby(wanted[begin:end], key=_kind):
        entries = tuple(group)
        found.append(Run(entries, pos))
        pos += len(entries)
    return found


def _text_tok(entries: Sequence[Entry]) -> int:
    """How many tokens of text come before the first row of a picture."""
    return next((at for at, entry in enumerate(entries) if isinstance(entry, PictureToken)), len(entries))


def _rows_before(entries: Sequence[Entry], at: int) -> int:
    """How many rows of the picture that position `at` lies in come before it; 0 where it lies in none."""
    inside = entries[at] if at < len(entries) else None
    return inside.row if isinstance(inside, PictureToken) else 0


def _kind(entry: Entry) -> int | None:
    return entry.picture if isinstance(entry, PictureToken) else None
