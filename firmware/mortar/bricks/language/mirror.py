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


@dataclass(frozen=True)
class Run:
    """Neighbouring entries that are read in one go: text, or one whole picture."""

    entries: tuple[Entry, ...]
    pos: int

    @property
    def is_picture(self) -> bool:
        return isinstance(self.entries[0], PictureToken)


def shared(held: Sequence[Entry], wanted: Sequence[Entry]) -> int:
    """How many entries at the start of `held` may stay. A picture stays whole or not at all."""
    keep = 0
    for one, other in zip(held, wanted, strict=False):
        if one != other:
            break
        keep += 1
    # A picture may be read with all of its rows attending to each other, so half a one is none.
    if keep < len(wanted) and isinstance(inside := wanted[keep], PictureToken):
        keep -= inside.row
    return keep


def runs(wanted: Sequence[Entry], keep: int) -> list[Run]:
    """What must be read after the first `keep` entries stayed, in order."""
    found, pos = [], keep
    for _, group in groupby(wanted[keep:], key=_kind):
        entries = tuple(group)
        found.append(Run(entries, pos))
        pos += len(entries)
    return found


def _kind(entry: Entry) -> int | None:
    return entry.picture if isinstance(entry, PictureToken) else None
