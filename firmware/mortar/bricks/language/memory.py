"""The language model's memory, brought to hold what it should with as little reading as possible.

What is read is read in chunks, each of which is known to be held once it was read: whatever interrupts, no
more than one chunk is read again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mortar.bricks.language.mirror import Entry, Run, chunk_end, cut_for, runs, shared
from mortar.bricks.language.prefix import Prefix
from mortar.clock import now_ms
from mortar.runtimes.interfaces import Floats, LanguageModel


@dataclass(frozen=True)
class ReadIn:
    """What one change of the memory took."""

    reused_tok: int
    read_tok: int


class Memory:
    """The model together with the mirror of its memory. Belongs to whoever runs the model."""

    def __init__(self, model: LanguageModel, chunk_tok: int, prefix: Prefix | None = None) -> None:
        self._model = model
        self._chunk_tok = chunk_tok
        self._prefix = prefix
        self._held: list[Entry] = []
        self._is_exact = True
        """False after a read that was broken off: the model may hold more than the mirror knows, or less."""

    def holds(self, wanted: Sequence[Entry]) -> bool:
        """Exactly `wanted`, and nothing after it."""
        return self._is_exact and self._held == list(wanted)

    def __len__(self) -> int:
        return len(self._held)

    def restore_prefix(self) -> None:
        """Hold what all prompts begin with, where it was kept; read nothing."""
        if self._prefix is not None:
            self._forget_what_differs(self._prefix.tokens)

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
        """As `bring`, for what comes before a question: reads one chunk at most.

        Turns that have left are cut out, where the model can do that: the others were computed with them in
        view, and are not computed anew.
        """
        self._cut(wanted)
        kept = self._forget_what_differs(wanted)
        self._read(wanted, address)
        return ReadIn(kept, len(self._held) - kept)

    def add(self, token: int) -> None:
        """Read one more text token, as `bring` does."""
        self._read_runs([Run((token,), len(self._held))], None)

    def add_each(self, tokens: Sequence[int]) -> Floats:
        """Read text tokens in one batch, as `add` does; gives the logits after each, see
        LanguageModel.decode_each."""
        self._is_exact = False
        logits = self._model.decode_each(tokens, len(self._held))
        self._held += tokens
        self._is_exact = True
        return logits

    def keep(self, n_tok: int) -> None:
        """Forget what is behind the first `n_tok` entries; everything, where the model cannot forget a
        part."""
        self._keep(n_tok)

    def _forget_what_differs(self, wanted: Sequence[Entry]) -> int:
        """Gives how many entries stay; those of the prefix are taken from the disk where they did not."""
        splits = self._model.abilities.splits_pictures
        kept = self._keep(shared(self._held, wanted, splits=splits))
        prefix = self._prefix
        if prefix is None or kept >= len(prefix) or list(wanted[: len(prefix)]) != prefix.tokens:
            return kept
        if prefix.restore(self._model):
            self._held = list(prefix.tokens)
            return len(prefix)
        return self._keep(kept)

    def _cut(self, wanted: Sequence[Entry]) -> None:
        """Where turns have left, let those behind them move up."""
        cut = cut_for(self._held, wanted) if self._model.abilities.cuts else None
        if cut and self._keep(cut.end + cut.moved_tok) > cut.end:
            self._model.cut(cut.begin, cut.end)
            del self._held[cut.begin : cut.end]

    def _keep(self, n_tok: int) -> int:
        left = self._model.keep(n_tok)
        del self._held[left:]
        self._is_exact = True
        return left

    def _read(self, wanted: Sequence[Entry], address: int | None) -> None:
        """The next chunk of `wanted`, of which the memory holds the beginning and nothing else."""
        begin, prefix = len(self._held), self._prefix
        end = chunk_end(wanted, begin, self._chunk_tok, splits=self._model.abilities.splits_pictures)
        if prefix is None or begin >= len(prefix):
            self._read_runs(runs(wanted, begin, end), address)
            return
        began_ms = now_ms()
        self._read_runs(runs(wanted, begin, min(end, len(prefix))), address)
        prefix.ms += now_ms() - began_ms
        if self._held == prefix.tokens:
            prefix.was_read(self._model)

    def _read_runs(self, parts: Iterable[Run], address: int | None) -> None:
        for run in parts:
            self._is_exact = False
            if run.first_row is None:
                self._model.decode([entry for entry in run.entries if isinstance(entry, int)], run.pos)
            else:
                assert address is not None, "a picture is wanted, so it is there"
                rows_at = address + run.first_row * self._model.n_embd * ctypes.sizeof(ctypes.c_float)
                self._model.decode_embeddings(rows_at, len(run.entries), run.pos)
            self._held += run.entries
            self._is_exact = True
