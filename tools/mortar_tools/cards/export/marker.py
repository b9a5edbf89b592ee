"""A language GGUF that is told the right answers: what llama.cpp thinks of each of their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mortar.runtimes.interfaces import Floats
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar_tools.cards.export.language_gguf import CONTEXT_TOK
from mortar_tools.cards.language import Turn
from mortar_tools.cards.tokenizer import ANSWER, BOS, END, END_IMAGE, IMAGE, USER


@dataclass(frozen=True)
class Sitting:
    """One scene as the language model meets it."""

    tokens: Floats
    """[n_tok, n_embd] of the picture."""
    turns: tuple[Turn, ...]


class Marker(LlamaLanguageModel):
    """A picture cards' model that is told the answers."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, n_ctx=CONTEXT_TOK, threads=1, should_stop=lambda: False)

    def look(self, tokens: Floats) -> int:
        """Read a picture's tokens in; gives the position after them and their marks."""
        self.keep(0)
        before, after = (self.tokenize(text, special=True) for text in (BOS + IMAGE, END_IMAGE))
        rows = np.ascontiguousarray(tokens, np.float32)
        self.decode(before, 0)
        self.decode_embeddings(rows.ctypes.data, len(rows), len(before))
        self.decode(after, len(before) + len(rows))
        return len(before) + len(rows) + len(after)

    def told(self, turn: Turn, pos: int) -> tuple[Floats, NDArray[np.int64]]:
        """Logits [tokens, vocabulary] before each token of the right answer, the end mark among them, and
        these tokens. The logits are a view that the next call overwrites."""
        self.keep(pos)
        question = [*self._control(USER), *self.tokenize(turn.question), *self._control(ANSWER)]
        answer = [*self.tokenize(turn.answer), *self._control(END)]
        return self.decode_each([*question, *answer[:-1]], pos)[-len(answer) :], np.array(answer)

    def _control(self, piece: str) -> list[int]:
        return self.tokenize(piece, special=True)
