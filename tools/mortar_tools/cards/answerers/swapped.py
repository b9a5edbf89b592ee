"""A model folder whose vision encoder is another: what the whole model makes of other tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from mortar.runtimes.interfaces import Floats
from mortar_tools.cards.answerers.answer import Answer
from mortar_tools.cards.answerers.shipped import Shipped

Encode = Callable[[Image.Image], Floats]
"""RGB picture → its image tokens [n_tok, n_embd]."""


class Swapped:
    """The language model of a folder, with an encoder that is given."""

    def __init__(self, shipped: Shipped, encode: Encode) -> None:
        self._shipped = shipped
        self._encode = encode

    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        """An answer to each question about a picture."""
        return self._shipped.ask(self._encode(image), questions)
