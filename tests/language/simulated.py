"""A language model's memory without a model: what each position holds, and which pictures it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.runtimes.interfaces import Abilities, Interrupted

BYTES_OF_A_ROW = 4
BYTES_OF_A_PICTURE = 1_000_000


class Cell(NamedTuple):
    entry: Entry
    seen: frozenset[int]
    """Pictures that it was computed with in view."""


class SimulatedModel:
    """The part of a LanguageModel that Memory uses. After `stop_after` tokens of a decode it ends, once."""

    n_embd = BYTES_OF_A_ROW // 4
    state_form = "simulated"
    n_vocab = 200

    def __init__(self, abilities: Abilities) -> None:
        self.abilities = abilities
        self.cells: list[Cell] = []
        self.stop_after: int | None = None
        self.read_tok = 0
        self._is_moving = False

    def decode(self, tokens: Sequence[int], pos: int) -> None:
        self._decode(list(tokens), pos)

    def decode_embeddings(self, address: int, n_tok: int, pos: int) -> None:
        picture, first = divmod(address, BYTES_OF_A_PICTURE)
        first //= BYTES_OF_A_ROW
        rows: list[Entry] = [PictureToken(picture, row) for row in range(first, first + n_tok)]
        whole = first == 0 and n_tok == rows_of(picture)
        assert whole or self.abilities.splits_pictures, "a picture that must be whole was read in parts"
        self._decode(rows, pos)

    def keep(self, n_tok: int) -> int:
        if not self.abilities.forgets and n_tok < len(self.cells):
            self.cells.clear()
        del self.cells[n_tok:]
        return len(self.cells)

    def cut(self, begin: int, end: int) -> None:
        assert self.abilities.cuts and begin < end < len(self.cells)
        del self.cells[begin:end]
        self._is_moving = True

    def state(self) -> bytes:
        return bytes([int(cell.entry) for cell in self.cells if isinstance(cell.entry, int)])

    def restore(self, state: bytes) -> bool:
        self.cells.clear()
        self._append(list(state))
        return True

    def _decode(self, entries: Sequence[Entry], pos: int) -> None:
        assert pos == len(self.cells), "positions follow on"
        if self.stop_after is not None and self.stop_after < len(entries):
            read, self.stop_after = self.stop_after, None
            self._append(entries[:read])
            if self._is_moving:
                self.cells.clear()
            self._is_moving = False
            raise Interrupted
        self._is_moving = False
        self.read_tok += len(entries)
        self._append(entries)

    def _append(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            before = self.cells[-1] if self.cells else Cell(0, frozenset())
            seen = before.seen | ({entry.picture} if isinstance(entry, PictureToken) else set())
            self.cells.append(Cell(entry, frozenset(seen)))


def rows_of(picture: int) -> int:
    """Pictures of different sizes, each its own."""
    return 3 + picture % 4


def address_of(picture: int) -> int:
    return picture * BYTES_OF_A_PICTURE
