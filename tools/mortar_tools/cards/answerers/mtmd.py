"""The model as llama.cpp itself runs it: mmproj GGUF and language GGUF through an unmodified libmtmd.

libmtmd normalises the picture, encodes it, puts its marks around it and reads it into the language
model, as llama-mtmd-cli has it done. Ours are only the squashing of the picture to the model's size,
the words of the prompt and the picking of the likeliest token.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from pathlib import Path

import llama_cpp
import numpy as np
from llama_cpp import mtmd_cpp
from PIL import Image

from mortar.bricks.picture import squash
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats, most_probable
from mortar.runtimes.llama.model import SEQUENCE, LlamaLanguageModel
from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.mtmd import Eyes, check, parts_of
from mortar.settings import Settings
from mortar_tools.cards.answerers.answer import Answer


class MultimodalModel(LlamaLanguageModel):
    """A language model with libmtmd's eyes. Raises MortarError where they don't fit together."""

    def __init__(self, language: Path, mmproj: Path, *, n_tok: int, n_ctx: int, threads: int) -> None:
        super().__init__(language, n_ctx=n_ctx, threads=threads, should_stop=lambda: False)
        self.unit = "libmtmd/cpu"
        self._n_tok = n_tok
        try:
            self._eyes = Eyes(mmproj, self._model, n_tok=n_tok, threads=threads)
        except MortarError:
            super().close()
            raise

    def close(self) -> None:
        """Free the memory; nothing may be called any more."""
        self._eyes.close()
        super().close()

    def encode(self, picture: Image.Image) -> Floats:
        """Image tokens [n_tok, n_embd] of an RGB picture of the model's size."""
        tokens = np.empty((self._n_tok, self.n_embd), np.float32)
        self._eyes.encode(np.asarray(picture), tokens)
        return tokens

    def look(self, before: str, picture: Image.Image) -> int:
        """Forget everything, read `before` and the picture; gives the position after them."""
        self.keep(0)
        pos = llama_cpp.llama_pos()
        with self._eyes.chunks(before, np.asarray(picture)) as chunks:
            for part in parts_of(chunks):
                read = mtmd_cpp.mtmd_helper_eval_chunk_single(
                    self._eyes.context,
                    self._context,
                    part,
                    pos,
                    SEQUENCE,
                    self._batch_tok,
                    False,
                    ctypes.byref(pos),
                )
                check(read, "read a picture")
        return pos.value


class Mtmd:
    """A model folder with an mmproj file, asked through libmtmd."""

    def __init__(self, path: Path) -> None:
        folder, settings = ModelFolder(path), Settings().language
        manifest = folder.manifest
        if MMPROJ not in manifest.extra:
            raise MortarError(
                "mmproj-missing",
                f"{path} has no mmproj file",
                "export one: mortar tools train export --out FOLDER",
            )
        self._prompt = manifest.prompt
        self._answer_tok = settings.answer_tok
        self.model = MultimodalModel(
            folder.verified(manifest.language),
            folder.verified(manifest.extra[MMPROJ]),
            n_tok=manifest.vision.n_tok,
            n_ctx=settings.context_tok,
            threads=settings.threads,
        )

    def encode(self, image: Image.Image) -> Floats:
        """Image tokens [n_tok, n_embd] of a picture."""
        return self.model.encode(squash(image))

    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        """An answer to each question about a picture, which is read in once for all of them."""
        pos = self.model.look(self._prompt.begin, squash(image))
        return [self._ask(question, pos) for question in questions]

    def _ask(self, question: str, pos: int) -> Answer:
        model, prompt = self.model, self._prompt
        before, after = (
            model.tokenize(piece, special=True) for piece in (prompt.before_question, prompt.before_answer)
        )
        read = [*before, *model.tokenize(question), *after]
        said = b""
        logs: list[float] = []
        model.keep(pos)
        while len(logs) < self._answer_tok:
            model.decode(read, pos)
            pos += len(read)
            token, probability = most_probable(model.logits())
            logs.append(math.log(max(probability, 1e-30)))
            if model.is_end(token):
                break
            said += model.piece(token)
            read = [token]
        confidence = math.exp(sum(logs))
        return Answer(said.decode("utf-8", "replace").strip(), confidence, len(logs))
