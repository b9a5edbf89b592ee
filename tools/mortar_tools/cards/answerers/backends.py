"""Who can be examined: one model in four shapes, all asked in the same way.

One small function a backend. What each needs (torch, an engine, processes) is imported and started
where it is chosen, and let go of at the end of the `with` block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mortar_tools.cards.answerers.answer import Answerer


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
    from mortar_tools.cards.answerers.shipped import Shipped

    yield Shipped(candidate.folder)


@contextmanager
def bricks(candidate: Candidate) -> Iterator[Answerer]:
    """The shipped files, through the real eye and language processes under the real supervisor."""
    from mortar_tools.cards.answerers.bricks import started

    with started(candidate.folder) as answerer:
        yield answerer


@contextmanager
def torch(candidate: Candidate) -> Iterator[Answerer]:
    """The checkpoint that the files were exported from, in float32."""
    from mortar_tools.cards.answerers.greedy import Greedy

    yield Greedy.of_checkpoint(candidate.size, candidate.work)


@contextmanager
def libmtmd(candidate: Candidate) -> Iterator[Answerer]:
    """The mmproj GGUF and the language GGUF, through llama.cpp's own multimodal library."""
    from mortar_tools.cards.answerers.mtmd import Mtmd

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
