"""Moonshine, a speech recogniser of 27 million parameters: sound in, tokens out (arXiv:2410.15608).

Its encoder and decoder run in ONNX Runtime. The English weights, 8 bits each, come with version 0.1.0 of
the package moonshine-voice (MIT), of which nothing else is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats, Samples

BEGIN, END = 1, 2
"""Tokens before the first word and behind the last."""

SHORTEST = 1_600
"""Samples: of less than 56 ms the encoder makes nothing at all."""

BLANK = "\N{LOWER ONE EIGHTH BLOCK}"
"""How the tokenizer writes a space."""


def packaged() -> Path:
    """The folder of the weights that are installed with Mortar."""
    found = find_spec("moonshine_voice")
    folder = Path(found.origin).parent / "assets/tiny-en" if found and found.origin else None
    if folder is None or not (folder / "encoder_model.ort").exists():
        raise MortarError(
            "moonshine-missing",
            "the package moonshine-voice is not installed, or in another version than 0.1.0",
            "run make setup again",
        )
    return folder


class Moonshine:
    def __init__(self, folder: Path, threads: int) -> None:
        self._encoder = _session(folder / "encoder_model.ort", threads)
        self._decoder = _session(folder / "decoder_model_merged.ort", threads)
        self.pieces = list(_pieces((folder / "tokenizer.bin").read_bytes()))
        """Text of each token."""

    def encode(self, samples: Samples) -> Floats:
        """Sound, int16 mono at 16 kHz, as the decoder hears it: float32 [1, 41.6 a second, 288]."""
        whole = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        sound = whole.astype(np.float32)[np.newaxis] / 32_768
        heard: Floats = self._encoder.run(
            None, {"input_values": sound, "attention_mask": np.ones(sound.shape, np.int64)}
        )[0]
        return heard

    def rows(self, heard: Floats) -> Rows:
        return Rows(self._decoder, heard)


class Rows:
    """Rows of tokens that are written side by side, each with the decoder's memory of it."""

    def __init__(self, decoder: onnxruntime.InferenceSession, heard: Floats) -> None:
        self._decoder = decoder
        self._heard = heard
        self._memory = {
            held.name: np.zeros((1, held.shape[1], 0, held.shape[3]), np.float32)
            for held in decoder.get_inputs()
            if held.name.startswith("past_key_values")
        }
        self._outputs = [held.name.replace("present", "past_key_values") for held in decoder.get_outputs()]
        self._began = False

    def write(self, rows: Sequence[int], tokens: Sequence[int]) -> Floats:
        """Row i is now row rows[i] of before with tokens[i] behind it; the first is row 0 with BEGIN.

        Gives the log probability of each token to come next, float32 [rows, tokens].
        """
        self._memory = {name: held[np.asarray(rows)] for name, held in self._memory.items()}
        heard = np.repeat(self._heard, len(rows), axis=0)
        outputs = self._decoder.run(
            None,
            {
                "input_ids": np.asarray(tokens, np.int64)[:, np.newaxis],
                "encoder_hidden_states": heard,
                "encoder_attention_mask": np.ones(heard.shape[:2], np.int64),
                "use_cache_branch": np.array([self._began]),
                **self._memory,
            },
        )
        logits, *memory = outputs
        for name, held in zip(self._outputs[1:], memory, strict=True):
            if not self._began or ".encoder." not in name:  # of what was heard, it gives the memory once
                self._memory[name] = held
        self._began = True
        return _log_softmax(logits[:, -1])


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probabilities


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = False  # 33 MB less, and no slower
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a fifth less work
    return onnxruntime.InferenceSession(path, options)


def _pieces(held: bytes) -> Iterator[str]:
    """A token after another: its length, in one byte or (128 and more) in two, and its UTF-8 text."""
    at = 0
    while at < len(held):
        length = held[at]
        at += 1
        if length >= 128:
            length += 128 * (held[at] - 1)
            at += 1
        yield held[at : at + length].decode("utf-8", errors="replace").replace(BLANK, " ")
        at += length
