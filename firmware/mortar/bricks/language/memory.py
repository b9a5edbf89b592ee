"""The language model's memory, brought to hold what it should with as little reading as possible.

What is read is read in chunks, each of which is known to be held once it was read: whatever interrupts, no
more than one chunk is read again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

from mortar.bricks.language.mirror import Entry, chunk_end, runs, shared
from mortar.runtimes.interfaces import LanguageModel


@dataclass(frozen=True)
class ReadIn:
    """What one change of the memory took."""

    reused_tok: int
    read_tok: int


class Memory:
    """The model together with the mirror of its memory. Belongs to whoever runs the model."""

    def __init__(self, model: LanguageModel, chunk_tok: int) -> None:
        self._model = model
        self._chunk_tok = chunk_tok
        self._held: list[Entry] = []

    def holds(self, wanted: Sequence[Entry]) -> bool:
        """Exactly `wanted`, and nothing after it."""
        return self._held == list(wanted)

    def __len__(self) -> int:
        return len(self._held)

    def bring(self, wanted: Sequence[Entry], address: int | None, *, predict: bool = False) -> ReadIn:
        """Make the memory hold `wanted`; `address` is where the embeddings of its picture lie.

        `predict` reads at least the last entry anew, so that the model can say what follows.
        Raises what LanguageModel.decode raises; the memory is then shorter, and may be brought again.
        """
        kept = self._forget_what_differs(wanted[:-1] if predict else wanted)
        while len(self._held) < len(wanted):
            self._read(wanted, address)
        return ReadIn(kept, len(wanted) - kept)

    def bring_nearer(self, wanted: Sequence[Entry], address: int | None) -> ReadIn:
        """As `bring`, but reads one chunk at most."""
        kept = self._forget_what_differs(wanted)
        self._read(wanted, address)
        return ReadIn(kept, len(self._held) - kept)

    def add(self, token: int) -> None:
        """Read one more text token, as `bring` does."""
        self._model.decode([token], len(self._held))
        self._held.append(token)

    def _forget_what_differs(self, wanted: Sequence[Entry]) -> int:
        # Also after a read that was broken off: the model may hold more than the mirror knows.
        left = self._model.keep(shared(self._held, wanted, splits=self._splits))
        del self._held[left:]
        return left

    def _read(self, wanted: Sequence[Entry], address: int | None) -> None:
        """The next chunk of `wanted`, of which the memory holds the beginning and nothing else."""
        begin = len(self._held)
        end = chunk_end(wanted, begin, self._chunk_tok, splits=self._splits)
        for run in runs(wanted, begin, end):
            if run.first_row is None:
                self._model.decode([entry for entry in run.entries if isinstance(entry, int)], run.pos)
            else:
                assert address is not None, "a picture is wanted, so it is there"
                rows_at = address + run.first_row * self._model.n_embd * ctypes.sizeof(ctypes.c_float)
                self._model.decode_embeddings(rows_at, len(run.entries), run.pos)
            self._held += run.entries

    @property
    def _splits(self) -> bool:
        return self._model.abilities.splits_pictures
