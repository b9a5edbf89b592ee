"""The model as llama.cpp itself runs it: mmproj GGUF and language GGUF through an unmodified libmtmd.

libmtmd normalises the picture, encodes it, puts its marks around it and reads it into the language
model, as llama-mtmd-cli has it done. Ours are only the squashing of the picture to the model's size,
the words of the prompt and the picking of the likeliest token.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from llama_cpp import mtmd_cpp
from PIL import Image

from mortar.bricks.picture import squash
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.llama import SEQUENCE, LlamaLanguageModel
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings
from mortar_tools.cards.answerers.answer import Answer

MMPROJ = "mmproj"
"""The file's name among the manifest's extra files."""

IMAGE_CHUNK = mtmd_cpp.MTMD_INPUT_CHUNK_TYPE_IMAGE
BYTES = ctypes.POINTER(ctypes.c_uint8)


def _discard(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """What libmtmd logs."""


# Kept here because libmtmd keeps only the pointer.
_nowhere = llama_cpp.llama_log_callback(_discard)


def _hush() -> None:
    """Send libmtmd's log nowhere: it has two ways to standard error, beside llama.cpp's own."""
    for name in ("mtmd_log_set", "mtmd_helper_log_set"):
        # llama-cpp-python has no binding of its own for these two.
        bind = mtmd_cpp.ctypes_function(name, [llama_cpp.llama_log_callback, ctypes.c_void_p], None)
        bind(_discard)(_nowhere, None)


class MultimodalModel(LlamaLanguageModel):
    """A language model with libmtmd's eyes. Raises MortarError where they don't fit together."""

    unit = "libmtmd/cpu"

    def __init__(self, language: Path, mmproj: Path, *, n_tok: int, n_ctx: int, threads: int) -> None:
        super().__init__(language, n_ctx=n_ctx, threads=threads, should_stop=lambda: False)
        _hush()
        parameters = mtmd_cpp.mtmd_context_params_default()
        parameters.use_gpu = False
        parameters.print_timings = False
        parameters.warmup = False
        parameters.n_threads = threads
        parameters.image_min_tokens = parameters.image_max_tokens = n_tok
        self._eyes = mtmd_cpp.mtmd_init_from_file(str(mmproj).encode(), self._model, parameters)
        if self._eyes is None:
            super().close()
            raise MortarError(
                "mmproj-unusable",
                f"libmtmd can't run {mmproj} together with {language}",
                "use two files of one and the same export",
            )

    def close(self) -> None:
        """Free the memory; nothing may be called any more."""
        mtmd_cpp.mtmd_free(self._eyes)
        super().close()

    def encode(self, picture: Image.Image) -> Floats:
        """Image tokens [n_tok, n_embd] of an RGB picture of the model's size."""
        with self._chunks("", picture) as chunks:
            numbered = range(mtmd_cpp.mtmd_input_chunks_size(chunks))
            parts = [mtmd_cpp.mtmd_input_chunks_get(chunks, number) for number in numbered]
            (seen,) = (one for one in parts if mtmd_cpp.mtmd_input_chunk_get_type(one) == IMAGE_CHUNK)
            _check(mtmd_cpp.mtmd_encode_chunk(self._eyes, seen), "encode a picture")
            n_tok = mtmd_cpp.mtmd_input_chunk_get_n_tokens(seen)
            return np.ctypeslib.as_array(
                mtmd_cpp.mtmd_get_output_embd(self._eyes), (n_tok, self.n_embd)
            ).copy()

    def look(self, before: str, picture: Image.Image) -> int:
        """Forget everything, read `before` and the picture; gives the position after them."""
        self.keep(0)
        pos = llama_cpp.llama_pos()
        with self._chunks(before, picture) as chunks:
            read = mtmd_cpp.mtmd_helper_eval_chunks(
                self._eyes, self._context, chunks, 0, SEQUENCE, self._batch_tok, False, ctypes.byref(pos)
            )
        _check(read, "read a picture")
        return pos.value

    @contextmanager
    def _chunks(self, before: str, picture: Image.Image) -> Iterator[Any]:
        """`before` and the picture as libmtmd splits them: text, image tokens, text."""
        pixels = np.ascontiguousarray(picture, np.uint8)
        bitmap = mtmd_cpp.mtmd_bitmap_init(picture.width, picture.height, pixels.ctypes.data_as(BYTES))
        chunks = mtmd_cpp.mtmd_input_chunks_init()
        text = before.encode() + mtmd_cpp.mtmd_default_marker()
        prompt = mtmd_cpp.mtmd_input_text(text, len(text), add_special=False, parse_special=True)
        bitmaps = (mtmd_cpp.mtmd_bitmap_p_ctypes * 1)(bitmap)
        try:
            split = mtmd_cpp.mtmd_tokenize(self._eyes, chunks, ctypes.byref(prompt), bitmaps, 1)
            _check(split, "take a picture in")
            yield chunks
        finally:
            mtmd_cpp.mtmd_input_chunks_free(chunks)
            mtmd_cpp.mtmd_bitmap_free(bitmap)


def _check(code: int, what: str) -> None:
    if code != 0:
        raise MortarError("mtmd-failed", f"libmtmd could not {what} ({code})", "export the model again")


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
            token, probability = model.predict()
            logs.append(math.log(max(probability, 1e-30)))
            if model.is_end(token):
                break
            said += model.piece(token)
            read = [token]
        confidence = math.exp(sum(logs))
        return Answer(said.decode("utf-8", "replace").strip(), confidence, len(logs))
