"""The shipped files, asked with what the bricks are made of: same engines, same prompt, same words."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mortar.bricks.language.answer import Answer as Written
from mortar.bricks.language.answer import write
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.bricks.views import views
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Floats, Pixels
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings
from mortar_tools.cards.answerers.answer import Answer


class Shipped:
    """A model folder, loaded. Raises MortarError where a file is missing, damaged or unusable."""

    def __init__(self, path: Path) -> None:
        folder, settings = ModelFolder(path), Settings()
        self.part = folder.vision
        self._encoder = choose.vision_encoder(settings.eye, folder)
        self._model = choose.language_model(settings.language, folder, lambda: False)
        self._memory = Memory(self._model, settings.language.chunk_tok)
        self._answer_tok = settings.language.answer_tok
        prompt = choose.prompt(settings.language, folder, self._model)
        self._composer = Composer(self._model, prompt, self._answer_tok)
        self._numbers = itertools.count(1)

    def encode(self, image: Image.Image) -> Floats:
        """[tokens, n_embd] of an RGB picture, looked at as the eye does."""
        return self.encode_views(views(image, self.part))

    def encode_views(self, seen: Pixels) -> Floats:
        """[n * n_tok, n_embd] of n pictures of the encoder's size."""
        tokens = np.empty((len(seen), self._encoder.n_tok, self._encoder.n_embd), np.float32)
        self._encoder.encode(seen, tokens)
        return tokens.reshape(-1, self._encoder.n_embd)

    def write(self, tokens: Floats, question: str, rows: PictureRows | None = None) -> Written:
        """What the language brick writes about an encoded picture; `rows` where it was read in before."""
        rows = rows or PictureRows(next(self._numbers), len(tokens))
        prompt = self._composer.compose([], rows, question)
        address = tokens.ctypes.data
        return write(self._model, self._memory, prompt, address, self._answer_tok, lambda sentence: None)

    def read(self, tokens: Floats, rows: PictureRows) -> None:
        """Read an encoded picture into the language model, as is done before anybody asks."""
        self._memory.bring(self._composer.compose([], rows, None), tokens.ctypes.data)

    def ask(self, tokens: Floats, questions: Sequence[str]) -> list[Answer]:
        """Answers to questions about one encoded picture, which is read in once for all of them."""
        rows = PictureRows(next(self._numbers), len(tokens))
        written = [self.write(tokens, question, rows) for question in questions]
        return [Answer(one.text, one.confidence, one.n_tok) for one in written]

    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        """An answer to each question about a picture."""
        return self.ask(self.encode(image), questions)
