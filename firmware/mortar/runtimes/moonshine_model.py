"""Moonshine, a speech recogniser of 27 million parameters: sound in, tokens out (arXiv:2410.15608).

Its encoder and decoder run in ONNX Runtime. The English weights, 8 bits each, come with version 0.1.0 of
the package moonshine-voice (MIT), of which nothing else is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state

from mortar.errors import MortarError
from mortar.runtimes.dictation_model import GUIDE, damaged, only_file
from mortar.runtimes.interfaces import Floats, Samples

BEGIN, END = 1, 2
"""Tokens before the first word and behind the last."""

SHORTEST = 1_600
"""Samples: of less than 56 ms the encoder makes nothing at all."""

BLANK = "\N{LOWER ONE EIGHTH BLOCK}".encode()
"""How the tokenizer writes a space."""

ENCODER_INPUTS = {"input_values", "attention_mask"}
DECODER_INPUTS = {"input_ids", "encoder_hidden_states", "encoder_attention_mask", "use_cache_branch"}
MEMORY = "past_key_values"
"""How the names of the decoder's other inputs begin."""

ENGINE_ERRORS: tuple[type[Exception], ...] = tuple(
    held
    for held in vars(onnxruntime_pybind11_state).values()
    if isinstance(held, type) and issubclass(held, Exception)
)
"""Fail, InvalidArgument, InvalidProtobuf ...: ONNX Runtime gives them no base of their own."""

LOG_FATAL = 4
"""ONNX Runtime's level; its errors are raised, and would be logged too."""


PACKAGED_LANGUAGE = "en"


def packaged(language: str) -> Path:
    """The folder of the weights that are installed with Mortar. Raises MortarError for any language but
    English."""
    if language != PACKAGED_LANGUAGE:
        raise MortarError(
            "language-not-in-model",
            f"the packaged Moonshine knows English alone, and listen.language is {language!r}",
            f"set listen.engine to pocketsphinx, or install another model; {GUIDE}",
        )
    found = find_spec("moonshine_voice")
    folder = Path(found.origin).parent / "assets/tiny-en" if found and found.origin else None
    if folder is None or not (folder / "encoder_model.ort").exists():
        raise MortarError(
            "moonshine-missing",
            "the package moonshine-voice is not installed, or in another version than 0.1.0",
            "run make setup again",
        )
    return folder


@lru_cache(maxsize=1)
def loaded(folder: Path, threads: int) -> Moonshine:
    """The model, once for all in this process who use it from one thread."""
    return Moonshine(folder, threads)


class Moonshine:
    """A folder with encoder_model.ort, decoder_model_merged.ort and tokenizer.bin.

    Raises MortarError where one of them is missing or damaged, or where they are not of one model.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder = folder
        self._encoder = _session(only_file(folder, "encoder_model.ort"), threads, ENCODER_INPUTS)
        self._decoder = _session(only_file(folder, "decoder_model_merged.ort"), threads, DECODER_INPUTS)
        tokenizer = only_file(folder, "tokenizer.bin")
        self._written = list(_pieces(tokenizer))
        self.pieces = [piece.decode(errors="replace") for piece in self._written]
        """Text of each token. Some are parts of a character: `text` joins those."""
        n_vocab = self.rows(self.encode(np.zeros(SHORTEST, np.int16))).write([0], [BEGIN]).shape[1]
        if n_vocab != len(self.pieces):
            raise damaged(tokenizer, f"it has {len(self.pieces)} tokens, and the decoder {n_vocab}")

    def text(self, tokens: Sequence[int]) -> str:
        """What they say between BEGIN and END."""
        said = b"".join(self._written[token] for token in tokens if token not in (BEGIN, END))
        return said.decode(errors="replace").strip()

    def encode(self, samples: Samples) -> Floats:
        """Sound, int16 mono at 16 kHz, as the decoder hears it: float32 [1, 41.6 a second, 288]."""
        whole = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        sound = whole.astype(np.float32)[np.newaxis] / 32_768
        inputs = {"input_values": sound, "attention_mask": np.ones(sound.shape, np.int64)}
        with _engine_errors(self._folder):
            heard: Floats = self._encoder.run(None, inputs)[0]
        return heard

    def rows(self, heard: Floats) -> Rows:
        return Rows(self._decoder, heard, self._folder)


class Rows:
    """Rows of tokens that are written side by side, each with the decoder's memory of it."""

    def __init__(self, decoder: onnxruntime.InferenceSession, heard: Floats, folder: Path) -> None:
        self._decoder = decoder
        self._heard = heard
        self._folder = folder
        self._memory = {
            held.name: np.zeros((1, held.shape[1], 0, held.shape[3]), np.float32)
            for held in decoder.get_inputs()
            if held.name.startswith(MEMORY)
        }
        self._outputs = [held.name.replace("present", MEMORY) for held in decoder.get_outputs()]
        self._began = False

    def write(self, rows: Sequence[int], tokens: Sequence[int]) -> Floats:
        """Row i is now row rows[i] of before with tokens[i] behind it; the first is row 0 with BEGIN.

        Gives the log probability of each token to come next, float32 [rows, tokens].
        """
        self._memory = {name: held[np.asarray(rows)] for name, held in self._memory.items()}
        return _log_softmax(self._decode(np.asarray(tokens, np.int64)[:, np.newaxis])[:, -1])

    def fit(self, tokens: Sequence[int]) -> float:
        """Write `tokens`, BEGIN first, as row 0 at once. Gives their log probability, in nats."""
        likely = _log_softmax(self._decode(np.asarray([tokens[:-1]], np.int64))[0])
        return float(likely[np.arange(len(tokens) - 1), tokens[1:]].sum())

    def _decode(self, tokens: npt.NDArray[np.int64]) -> Floats:
        """int64 [rows, n] → float32 [rows, n, tokens]."""
        heard = np.repeat(self._heard, len(tokens), axis=0)
        inputs = {
            "input_ids": tokens,
            "encoder_hidden_states": heard,
            "encoder_attention_mask": np.ones((len(tokens), 1), np.int64),
            "use_cache_branch": np.array([self._began]),
            **self._memory,
        }
        with _engine_errors(self._folder):
            logits, *memory = self._decoder.run(None, inputs)
        for name, held in zip(self._outputs[1:], memory, strict=True):
            if not self._began or ".encoder." not in name:  # of what was heard, it gives the memory once
                self._memory[name] = held
        self._began = True
        scores: Floats = logits
        return scores


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probabilities


def _session(path: Path, threads: int, inputs: set[str]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = False  # 33 MB less, and no slower
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a fifth less work
    options.log_severity_level = LOG_FATAL
    with _engine_errors(path):
        session = onnxruntime.InferenceSession(path, options)
    found = {held.name for held in session.get_inputs() if not held.name.startswith(MEMORY)}
    if found != inputs:
        raise damaged(path, f"it takes {', '.join(sorted(found))}, and Moonshine {', '.join(sorted(inputs))}")
    return session


@contextmanager
def _engine_errors(path: Path) -> Iterator[None]:
    """ONNX Runtime's exceptions as one line."""
    try:
        yield
    except ENGINE_ERRORS as error:
        raise damaged(path, " ".join(str(error).split())) from None


def _pieces(path: Path) -> Iterator[bytes]:
    """A token after another: its length, in one byte or (128 and more) in two, and its UTF-8 text."""
    try:
        held = path.read_bytes()
    except OSError as error:
        raise damaged(path, str(error)) from None
    at = 0
    while at < len(held):
        length = held[at]
        at += 1
        if length >= 128:
            length += 128 * (int.from_bytes(held[at : at + 1]) - 1)
            at += 1
        yield held[at : at + length].replace(BLANK, b" ")
        at += length
    if at > len(held):
        raise damaged(path, "it breaks off")
