"""What the whole model answers when its pictures are encoded in another way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from mortar.bricks.picture import pixels
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.answerers.answer import Answer, Answerer
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.evaluate.compare import differences
from mortar_tools.cards.evaluate.exam import Exam
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.evaluate.results import share_figures
from mortar_tools.vision.check.encoders import Encode

MEASURE = "answer_accuracy"


class Swapped(Answerer):
    """The model's language half, shown what `encode` makes of pictures. Keeps all of it."""

    def __init__(self, language: Shipped, model: ModelFolder, encode: Encode) -> None:
        self._language, self._encode, self._part = language, encode, model.manifest.vision
        self._seen: list[Floats] = []

    @property
    def tokens(self) -> Floats:
        """[pictures, n_tok, n_embd] of all pictures so far."""
        return np.stack(self._seen)

    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        (tokens,) = self._encode(pixels(image, self._part.width_px, self._part.height_px))
        self._seen.append(tokens)
        return self._language.ask(tokens, questions)


def accuracy(exam: Exam, seed: int) -> Figure:
    """Share of the answers in which every word is right."""
    return next(one for one in share_figures(exam.replies, seed) if one.name == MEASURE)


def lost(reference: Exam, other: Exam, seed: int) -> Figure:
    """How much less `other` gets right, with a paired bootstrap's interval. 0.01 is a point."""
    found = differences("", reference, other, seed)
    return next(one for one in found if one.name == MEASURE)
