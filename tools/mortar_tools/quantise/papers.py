"""Held-out data: what a model is told, and the tokens that it should have expected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mortar.errors import MortarError, UsageError
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar_tools.cards.export.likelihood import log_softmax, nats_of
from mortar_tools.quantise.marks import Marks

CHUNK_TOK = 128
"""Of text that is read in one piece; its first token is told, each other is to be expected."""


@dataclass(frozen=True)
class Told:
    """Some answers about one scene, or one piece of text."""

    said: Floats
    """Log-probabilities [tokens, vocabulary] that the model gave before each token."""
    tokens: NDArray[np.int64]
    """[tokens] that were right."""
    answers: tuple[int, ...]
    """Tokens of each answer."""

    def right(self) -> int:
        """Answers that greedy decoding gives word for word."""
        hit = self.said.argmax(1) == self.tokens
        return sum(bool(one.all()) for one in np.split(hit, np.cumsum(self.answers)[:-1]))


class Paper(Protocol):
    """Scenes, or pieces of text, in an order that is always the same."""

    name: str
    """For people: what it is."""

    def __len__(self) -> int: ...

    def read(self, path: Path) -> Iterator[Told]:
        """What the language GGUF makes of each. Raises MortarError where llama.cpp cannot run it."""


Model = TypeVar("Model", bound=LlamaLanguageModel)


def model_of(path: Path, n_ctx: int) -> LlamaLanguageModel:
    """A language GGUF on one thread, as it is. Raises MortarError where llama.cpp cannot run it."""
    return LlamaLanguageModel(path, n_ctx=n_ctx, threads=1, should_stop=lambda: False)


@contextmanager
def reading(model: Model) -> Iterator[Model]:
    """Closes it in the end."""
    try:
        yield model
    finally:
        model.close()


class Text:
    """Plain text in pieces of CHUNK_TOK tokens of the model."""

    def __init__(self, name: str, chunks: NDArray[np.int64]) -> None:
        self.name, self._chunks = name, chunks

    def __len__(self) -> int:
        return len(self._chunks)

    def read(self, path: Path) -> Iterator[Told]:
        with reading(model_of(path, CHUNK_TOK)) as model:
            for chunk in self._chunks:
                model.keep(0)
                said = log_softmax(model.decode_each(chunk.tolist(), 0)[:-1])
                yield Told(said, chunk[1:], (1,) * (CHUNK_TOK - 1))


def of_text(path: Path, model: Path, n: int) -> tuple[Text, Text]:
    """Every other piece of a text to decide by, and the others to measure on; at most n of each.

    Raises UsageError where it cannot be read or is too short.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("text-unreadable", f"{path}: {error}", "give a text file in UTF-8") from None
    with reading(model_of(model, CHUNK_TOK)) as reader:
        tokens = np.array(reader.tokenize(text), np.int64)
    chunks = tokens[: len(tokens) // CHUNK_TOK * CHUNK_TOK].reshape(-1, CHUNK_TOK)[: 2 * n]
    if len(chunks) < 4:
        raise UsageError(
            "text-too-short",
            f"{path} has {len(tokens)} tokens; two pieces of {CHUNK_TOK} to decide by and two to measure on "
            "are the least",
            "give a longer text",
        )
    return Text(f"{path.name}, to decide by", chunks[::2]), Text(path.name, chunks[1::2])


class Examiner:
    """Marks files on one paper, against the float model.

    What that said is kept in files: of a vocabulary of 150,000 words, a piece of text is 77 MB.
    """

    def __init__(self, paper: Paper, reference: Path, folder: Path) -> None:
        self.paper, self._folder = paper, folder
        folder.mkdir()
        for n, told in enumerate(paper.read(reference)):
            np.save(self._expected(n), told.said)
        self.float_marks = self.marks(reference)

    def marks(self, path: Path) -> Marks:
        """Raises MortarError where the model's logits are no numbers."""
        rows = []
        for n, told in enumerate(self.paper.read(path)):
            expected = np.load(self._expected(n), mmap_mode="r")
            if not np.isfinite(told.said).all():
                raise MortarError(
                    "logits-not-finite",
                    f"{path.name} gives logits that are no numbers",
                    "see whether the float model's own are; if they are, allow more bits",
                )
            apart = (np.exp(expected) * (expected - told.said)).sum()
            right = told.right()
            nats = nats_of(told.said, told.tokens).sum()
            rows.append((nats, apart, len(told.tokens), right, len(told.answers)))
        return Marks(*np.array(rows, np.float64).T)

    def _expected(self, n: int) -> Path:
        return self._folder / f"{n}.npy"
