"""The shipped files, asked as the bricks ask them: same engines, same preprocessing, same prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mortar.bricks.picture import preprocess
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.llama import LlamaLanguageModel
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.tflite import TfliteVisionEncoder
from mortar_tools.cards.language import Turn

CONTEXT_TOK = 512
MOST_ANSWER_TOK = 64
"""Longer than any right answer."""


class Shipped:
    """A model folder, loaded."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        folder = ModelFolder(path)
        part = folder.manifest.vision
        self.prompt = folder.manifest.prompt
        self.vision = TfliteVisionEncoder(
            folder.verified(part),
            width_px=part.width_px,
            height_px=part.height_px,
            n_tok=part.n_tok,
            n_embd=part.n_embd,
            threads=threads,
        )
        self.language = LlamaLanguageModel(
            folder.verified(folder.manifest.language),
            n_ctx=CONTEXT_TOK,
            threads=threads,
            should_stop=lambda: False,
        )

    def encode(self, image: Image.Image) -> Floats:
        """[n_tok, n_embd] of a picture."""
        tokens = np.empty((self.vision.n_tok, self.vision.n_embd), np.float32)
        self.vision.encode(preprocess(image), tokens)
        return tokens

    def ask(self, tokens: Floats, questions: Sequence[str], earlier: Sequence[Turn] = ()) -> list[str]:
        """Answers to questions about one encoded picture, each as if it were the only one."""
        self.language.keep(0)
        read = self._control(self.prompt.begin, 0)
        for turn in earlier:
            read = self._question(turn.question, read)
            read = self._words(turn.answer, read)
            read = self._control(self.prompt.end, read)
        read = self._control(self.prompt.before_image, read)
        self.language.decode_embeddings(tokens.ctypes.data, len(tokens), read)
        read = self._control(self.prompt.after_image, read + len(tokens))
        answers = []
        for question in questions:
            self.language.keep(read)
            answers.append(self._generate(self._question(question, read)))
        return answers

    def _question(self, question: str, pos: int) -> int:
        pos = self._control(self.prompt.before_question, pos)
        return self._control(self.prompt.before_answer, self._words(question, pos))

    def _words(self, text: str, pos: int) -> int:
        ids = self.language.tokenize(text)
        self.language.decode(ids, pos)
        return pos + len(ids)

    def _control(self, piece: str, pos: int) -> int:
        ids = self.language.tokenize(piece, special=True)
        self.language.decode(ids, pos)
        return pos + len(ids)

    def _generate(self, pos: int) -> str:
        said = b""
        for place in range(pos, pos + MOST_ANSWER_TOK):
            token, _ = self.language.predict()
            if self.language.is_end(token):
                break
            said += self.language.piece(token)
            self.language.decode([token], place)
        return said.decode("utf-8", "replace")
