"""A question on its way through the models of the cascade, from the small ones to the large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mortar.bricks.language.answer import Answer
from mortar.messages import Ask


@dataclass(frozen=True)
class Given:
    """An answer as people would hear it, and the model that gave it."""

    model: str
    sentences: Sequence[str]
    answer: Answer


@dataclass(frozen=True)
class Asked:
    """A question, and which model is to answer it."""

    ask: Ask
    at_ms: float
    """When it came (clock.now_ms)."""
    tier: int = 0
    own_words: Ask | None = None
    """The question as the model understands it; None until it is loaded, and the eye was told to show it the
    picture."""
    unsure: Given | None = None
    """The answer of the largest model so far that gave one and was not sure of it."""

    def begun(self, own_words: Ask) -> Asked:
        """`own_words`: the question as the model understands it."""
        return replace(self, own_words=own_words)

    def passed_on(self, unsure: Given | None) -> Asked:
        """To the next model."""
        return replace(self, tier=self.tier + 1, own_words=None, unsure=unsure or self.unsure)
