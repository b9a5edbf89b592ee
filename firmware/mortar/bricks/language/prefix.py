"""What every prompt of a model begins with: read once, and kept on disk as the model's state after it.

The file holds nothing that people said, only what the model makes of its own prompt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.state_files import StateFiles
from mortar.clock import now_ms
from mortar.runtimes.interfaces import LanguageModel

LEAST_TOK = 32
"""Fewer are read about as soon as their state is found, checked and taken in: a judgement, which
`mortar tools tune language` can replace by a measurement."""


class Prefix:
    """Belongs to whoever runs the model."""

    def __init__(
        self, tokens: Sequence[Entry], model_sha256: str, model: LanguageModel, files: StateFiles
    ) -> None:
        self.tokens = list(tokens)
        self.is_restored = False
        """Whether it came from the disk."""
        self.ms = 0.0
        """What reading it took, or restoring it the last time."""
        self._key = _key(self.tokens, model_sha256, model.state_form)
        self._files = files
        self._is_taken = True
        """Whether the model takes what was kept, as far as it was tried."""
        self._unwritten: bytes | None = None
        self._is_tried = False
        """Whether it was written, or could not be: it is not written twice."""

    def __len__(self) -> int:
        return len(self.tokens)

    def restore(self, model: LanguageModel) -> bool:
        """Whether the model holds just the prefix now; else it holds what it did, or nothing."""
        began_ms = now_ms()
        state = self._files.load(self._key) if self._is_taken else None
        if state is None:
            return False
        self._is_taken = model.restore(state)
        if not self._is_taken:
            return False
        self.is_restored = self._is_tried = True
        self.ms = now_ms() - began_ms
        return True

    def was_read(self, model: LanguageModel) -> None:
        """The model holds just the prefix, for the first time it may be: remember its state for `write`."""
        if not self._is_tried:
            self._is_tried = True
            self._unwritten = model.state()

    @property
    def is_unwritten(self) -> bool:
        return self._unwritten is not None

    def write(self) -> None:
        """Keep on disk what is to be kept. Takes as long as the disk does: for when nobody waits."""
        state, self._unwritten = self._unwritten, None
        if state is not None:
            self._files.keep(self._key, state)


def _key(tokens: Sequence[Entry], model_sha256: str, state_form: str) -> str:
    """SHA-256 of all that the state depends on."""
    return hashlib.sha256(msgspec.json.encode([model_sha256, state_form, tokens])).hexdigest()
