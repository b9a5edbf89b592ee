"""Vision encoders on libmtmd, llama.cpp's own: any tower that it reads as an mmproj GGUF, on the CPU.

libmtmd wants a language model beside a tower, for its width and its vocabulary. It gets the folder's own
without its weights, which takes the vocabulary's memory and little more: 3.5 MB for the bundled model.

Copies of the pixels, beside normalising them: into a bitmap, an image and one of the model's size, then as
floats plane by plane and into ggml's input. Of the tokens: ggml's result into libmtmd's buffer, and from
there into the caller's memory.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from llama_cpp import mtmd_cpp

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats, Pixels, UnitFailed
from mortar.runtimes.llama import backend, log
from mortar.runtimes.llama.log import LOG
from mortar.runtimes.llama.placing import ON_CPU
from mortar.runtimes.manifest import VisionPart

IMAGE_CHUNK = mtmd_cpp.MTMD_INPUT_CHUNK_TYPE_IMAGE
BYTES = ctypes.POINTER(ctypes.c_uint8)

ANOTHER_EXPORT = "use the files of one and the same model"


class Eyes:
    """libmtmd with a tower. Raises MortarError where tower and language model don't fit together.

    `model` is llama.cpp's pointer to the language model, which stays the caller's.
    """

    def __init__(self, mmproj: Path, model: Any, *, n_tok: int, threads: int) -> None:
        _take_the_log()
        parameters = mtmd_cpp.mtmd_context_params_default()
        parameters.use_gpu = False
        parameters.print_timings = False
        parameters.warmup = False
        parameters.n_threads = threads
        parameters.image_min_tokens = parameters.image_max_tokens = n_tok
        LOG.begin()
        self.context = mtmd_cpp.mtmd_init_from_file(str(mmproj).encode(), model, parameters)
        if self.context is None:
            raise MortarError(
                "mmproj-unusable",
                f"libmtmd can't run {mmproj} with this language model{LOG.said()}",
                ANOTHER_EXPORT,
            )

    def close(self) -> None:
        """Nothing may be called any more."""
        mtmd_cpp.mtmd_free(self.context)

    @contextmanager
    def chunks(self, before: str, picture: Pixels) -> Iterator[Any]:
        """The text `before` and a picture, uint8 [height_px, width_px, 3], as libmtmd splits them: text,
        image tokens, text."""
        held = np.ascontiguousarray(picture)
        height, width, _ = held.shape
        bitmap = mtmd_cpp.mtmd_bitmap_init(width, height, held.ctypes.data_as(BYTES))
        chunks = mtmd_cpp.mtmd_input_chunks_init()
        text = before.encode() + mtmd_cpp.mtmd_default_marker()
        prompt = mtmd_cpp.mtmd_input_text(text, len(text), add_special=False, parse_special=True)
        bitmaps = (mtmd_cpp.mtmd_bitmap_p_ctypes * 1)(bitmap)
        try:
            LOG.begin()
            split = mtmd_cpp.mtmd_tokenize(self.context, chunks, ctypes.byref(prompt), bitmaps, 1)
            check(split, "take a picture in")
            yield chunks
        finally:
            mtmd_cpp.mtmd_input_chunks_free(chunks)
            mtmd_cpp.mtmd_bitmap_free(bitmap)

    def n_tok(self, picture: Pixels) -> int:
        """Image tokens that a picture of this size becomes."""
        with self.chunks("", picture) as chunks:
            return int(mtmd_cpp.mtmd_input_chunk_get_n_tokens(_whole_picture(chunks)))

    def encode(self, picture: Pixels, out: Floats) -> None:
        """Image tokens of a picture of the model's size, float32 [n_tok, n_embd], in place."""
        with self.chunks("", picture) as chunks:
            check(mtmd_cpp.mtmd_encode_chunk(self.context, _whole_picture(chunks)), "encode a picture")
            np.copyto(out, np.ctypeslib.as_array(mtmd_cpp.mtmd_get_output_embd(self.context), out.shape))


class MtmdVisionGraph:
    """A VisionGraph of a whole encoder. Raises MortarError where the files are unusable or of another
    shape."""

    unit = "mtmd/cpu"
    batch = 1

    def __init__(self, mmproj: Path, language: Path, part: VisionPart, *, threads: int) -> None:
        backend.start_backend()
        self._model = _without_weights(language)
        try:
            self._eyes = Eyes(mmproj, self._model, n_tok=part.n_tok, threads=threads)
            dark = np.zeros((part.height_px, part.width_px, 3), np.uint8)
            found = (self._eyes.n_tok(dark), int(llama_cpp.llama_model_n_embd_inp(self._model)))
        except MortarError:
            llama_cpp.llama_model_free(self._model)
            raise
        if found != (part.n_tok, part.n_embd):
            self.close()
            raise MortarError(
                "vision-model-shape",
                f"{mmproj} gives float32 {list(found)} instead of [{part.n_tok}, {part.n_embd}]",
                ANOTHER_EXPORT,
            )

    def run(self, given: Pixels | Floats, out: Floats) -> None:
        """See VisionGraph; `given` is pictures. Raises UnitFailed."""
        for picture, tokens in zip(given, out, strict=True):
            self._eyes.encode(picture, tokens)

    def close(self) -> None:
        """Nothing may be called any more."""
        self._eyes.close()
        llama_cpp.llama_model_free(self._model)


def check(code: int, what: str) -> None:
    """Raises UnitFailed where libmtmd says that it could not."""
    if code != 0:
        raise UnitFailed(
            "vision-engine-failed",
            f"libmtmd could not {what} ({code}{LOG.said()})",
            "see the log; if it comes back, report it",
        )


def parts_of(chunks: Any) -> list[Any]:
    """Text and the whole picture, in order. Some types (idefics3) show it in tiles as well, before: these are
    left out."""
    numbered = range(mtmd_cpp.mtmd_input_chunks_size(chunks))
    parts = [mtmd_cpp.mtmd_input_chunks_get(chunks, number) for number in numbered]
    *tiles, _ = [number for number in numbered if _is_image(parts[number])]
    return [one for number, one in enumerate(parts) if number not in tiles]


def _is_image(chunk: Any) -> bool:
    return bool(mtmd_cpp.mtmd_input_chunk_get_type(chunk) == IMAGE_CHUNK)


def _whole_picture(chunks: Any) -> Any:
    """The chunk with the picture's tokens."""
    return next(one for one in parts_of(chunks) if _is_image(one))


def _without_weights(language: Path) -> Any:
    """A language model's shape and vocabulary."""
    parameters = ON_CPU.model_parameters(None)
    parameters.no_alloc = True
    # Mapping the weights and having none exclude each other.
    parameters.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    return backend.load(language, parameters)


def _take_the_log() -> None:
    """libmtmd has two ways to standard error, beside llama.cpp's own."""
    for name in ("mtmd_log_set", "mtmd_helper_log_set"):
        # llama-cpp-python has no binding of its own for these two.
        bind = mtmd_cpp.ctypes_function(name, [llama_cpp.llama_log_callback, ctypes.c_void_p], None)
        bind(_declared)(log.CALLBACK, None)


def _declared(callback: Any, data: ctypes.c_void_p) -> None:
    """The signature of both."""
