"""The language model's memory, brought to hold what it should with as little reading as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mortar.bricks.language.mirror import Entry, runs, shared
from mortar.runtimes.interfaces import LanguageModel


@dataclass(frozen=True)
class ReadIn:
    """What one change of the memory took."""

    reused_tok: int
    read_tok: int


class Memory:
    """The model together with the mirror of its memory. Belongs to whoever runs the model."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
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
        # Also after a read that was broken off: the model may hold more than the mirror knows.
        kept = self._forget_from(shared(self._held, wanted[:-1] if predict else wanted))
        for run in runs(wanted, kept):
            if run.is_picture:
                assert address is not None, "a picture is wanted, so it is there"
                self._model.decode_embeddings(address, len(run.entries), run.pos)
            else:
                tokens = [entry for entry in run.entries if isinstance(entry, int)]
                self._model.decode(tokens, run.pos)
            self._held += run.entries
        return ReadIn(kept, len(wanted) - kept)

    def add(self, token: int) -> None:
        """Read one more text token, as `bring` does."""
        self._model.decode([token], len(self._held))
        self._held.append(token)

    def _forget_from(self, keep: int) -> int:
        left = self._model.keep(keep)
        del self._held[left:]
        return left
