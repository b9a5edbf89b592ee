"""Who guesses the next tokens of an answer, cheaply, for the model to check several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.sampling import Distribution


@dataclass(frozen=True)
class Draft:
    tokens: Sequence[int] = ()
    distributions: Sequence[Distribution] = ()
    """What each was drawn from."""

    @classmethod
    def certain(cls, tokens: Sequence[int]) -> Draft:
        """Of a drafter that draws no lots."""
        return cls(tokens, [Distribution.certain(token) for token in tokens])

    def __len__(self) -> int:
        return len(self.tokens)


class Drafter(Protocol):
    name: str

    def begin(self, prompt: Sequence[Entry], address: int | None) -> None:
        """An answer to `prompt` begins; its picture's embeddings lie at `address`."""

    def draft(self, context: Sequence[Entry], most_tok: int) -> Draft:
        """At most `most_tok` that may follow `context`: the prompt and what was written, which only ever
        grows.

        Raises Interrupted, or MortarError where an engine fails.
        """

    def close(self) -> None:
        """Give back what an engine holds."""
