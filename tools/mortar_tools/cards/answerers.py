"""Who can be examined: one model in four shapes, all asked in the same way.

One small function a backend. What each needs (torch, an engine, processes) is imported and started
where it is chosen, and let go of at the end of the `with` block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image


@dataclass(frozen=True)
class Answer:
    """What was answered, and how sure the model was."""

    text: str
    confidence: float
    """Geometric mean of the probabilities of the answer's tokens, the end mark among them, 0..1."""
    n_tok: int
    """Tokens of the answer, the end mark among them."""

    @property
    def probability(self) -> float:
        """Probability of the whole answer, 0..1."""
        return float(self.confidence**self.n_tok)


class Answerer(Protocol):
    """A model that can be asked about pictures."""

    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        """An answer to each question about an RGB picture, as if each were the only one."""


@dataclass(frozen=True)
class Candidate:
    """Which model is examined."""

    size: str
    """One of the recipe's sizes: decides which checkpoint is read."""
    folder: Path
    """Folder of the exported files."""
    work: Path
    """Where checkpoints are."""


@contextmanager
def files(candidate: Candidate) -> Iterator[Answerer]:
    """The shipped files, through the runtimes that the bricks use, in this process."""
    from mortar_tools.cards.shipped import Shipped

    yield Shipped(candidate.folder)


@contextmanager
def bricks(candidate: Candidate) -> Iterator[Answerer]:
    """The shipped files, through the real eye and language processes under the real supervisor."""
    from mortar_tools.cards.bricks import started

    with started(candidate.folder) as answerer:
        yield answerer


@contextmanager
def torch(candidate: Candidate) -> Iterator[Answerer]:
    """The checkpoint that the files were exported from, in float32."""
    from mortar_tools.cards.greedy import Greedy

    yield Greedy(candidate.size, candidate.work)


@contextmanager
def libmtmd(candidate: Candidate) -> Iterator[Answerer]:
    """The mmproj GGUF and the language GGUF, through llama.cpp's own multimodal library."""
    from mortar_tools.cards.mtmd import Mtmd

    yield Mtmd(candidate.folder)


BACKENDS: dict[str, Callable[[Candidate], AbstractContextManager[Answerer]]] = {
    "files": files,
    "bricks": bricks,
    "torch": torch,
    "libmtmd": libmtmd,
}
"""Name on the command line → how it is opened."""

COMPARED = ("torch", "files", "libmtmd")
"""Backends that have to agree, the reference first."""
