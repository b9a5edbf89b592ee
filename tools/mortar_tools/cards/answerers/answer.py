"""What every answerer gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image


@dataclass(frozen=True)
class Answer:
    """What was answered, and how sure the model was."""

    text: str
    confidence: float
    """Probability of the whole answer, the end mark among it, 0..1."""
    n_tok: int
    """Tokens of the answer, the end mark among them."""


class Answerer(Protocol):
    """A model that can be asked about pictures."""

    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        """An answer to each question about an RGB picture, as if each were the only one."""
