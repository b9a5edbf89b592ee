"""One prompt read in chunks of one size, as the language brick reads ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry
from mortar.runtimes.interfaces import LanguageModel


@dataclass(frozen=True)
class Reading:
    """One reading of all tokens."""

    tok_per_s: float
    longest_ms: float
    """Of its chunks."""


def read(
    model: LanguageModel, tokens: Sequence[Entry], chunk_tok: int, clock_ms: Callable[[], float]
) -> Reading:
    """Read `tokens` into an empty memory, as the language brick reads ahead."""
    memory = Memory(model, chunk_tok)
    times_ms = []
    while not memory.holds(tokens):
        began_ms = clock_ms()
        memory.bring_nearer(tokens, None)
        times_ms.append(clock_ms() - began_ms)
    return Reading(len(tokens) / sum(times_ms) * 1e3, max(times_ms))
