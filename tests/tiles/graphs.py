"""Graphs whose arithmetic a test can do by itself: real ones of fixed shapes, only small and in numpy."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mortar.runtimes.interfaces import Floats, Pixels

SIDE, PATCH, WIDTH, N_TOK, N_EMBD = 8, 4, 6, 2, 5
N_PATCHES = (SIDE // PATCH) ** 2

_random = np.random.default_rng(7)
INTO_WIDTH = _random.standard_normal((PATCH * PATCH * 3, WIDTH)).astype(np.float32)
INTO_TOKENS = _random.standard_normal((N_PATCHES * WIDTH, N_TOK * N_EMBD)).astype(np.float32)


def pictures(n: int) -> Pixels:
    return np.random.default_rng(n).integers(0, 256, (n, SIDE, SIDE, 3), np.uint8)


def patches_of(given: Pixels) -> Floats:
    """[n, SIDE, SIDE, 3] → [n, N_PATCHES, WIDTH]."""
    n, edge = len(given), SIDE // PATCH
    squares = given.reshape(n, edge, PATCH, edge, PATCH, 3).swapaxes(2, 3)
    return squares.reshape(n, N_PATCHES, -1).astype(np.float32) / 255 @ INTO_WIDTH


def tokens_of(given: Floats) -> Floats:
    """[n, N_PATCHES, WIDTH] → [n, N_TOK, N_EMBD]."""
    return np.tanh(given.reshape(len(given), -1) @ INTO_TOKENS).reshape(len(given), N_TOK, N_EMBD)


def encoded(given: Pixels) -> Floats:
    """What an encoder of these weights makes of pictures, all at once."""
    return tokens_of(patches_of(given))


@dataclass
class Graph:
    """One graph of a fixed batch; refuses any other shape, as compiled ones do."""

    batch: int
    compute: Callable[[Floats], Floats]
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    unit: str = "toy/cpu"
    before: Callable[[], None] = lambda: None
    """Called at the beginning of each run: a test waits or raises there."""
    runs: int = 0
    outs: list[int] = field(default_factory=list)
    """Where each run wrote to."""
    cores: list[set[int]] = field(default_factory=list)
    """The cores that each run was allowed to use."""
    is_closed: bool = False

    def run(self, given: Pixels | Floats, out: Floats) -> None:
        assert not self.is_closed
        assert given.shape == (self.batch, *self.takes) and given.flags.c_contiguous
        assert out.shape == (self.batch, *self.gives) and out.flags.c_contiguous
        self.runs += 1
        self.before()
        self.cores.append(os.sched_getaffinity(0))
        self.outs.append(out.ctypes.data)
        out[:] = self.compute(given)

    def close(self) -> None:
        self.is_closed = True


def whole(batch: int) -> Graph:
    return Graph(batch, encoded, (SIDE, SIDE, 3), (N_TOK, N_EMBD))


def patches(batch: int) -> Graph:
    return Graph(batch, patches_of, (SIDE, SIDE, 3), (N_PATCHES, WIDTH))


def blocks(batch: int) -> Graph:
    return Graph(batch, tokens_of, (N_PATCHES, WIDTH), (N_TOK, N_EMBD))
