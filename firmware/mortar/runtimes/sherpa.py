"""Dictation by sherpa-onnx with a streaming transducer (Zipformer): it understands while one speaks.

A model is a folder with encoder*.onnx, decoder*.onnx, joiner*.onnx (the int8 ones where there are
both) and tokens.txt, as the models of the project are packed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mortar.runtimes import onnx_file
from mortar.runtimes.dictation_model import damaged, located, only_file, unpackaged
from mortar.runtimes.interfaces import Interrupted, Samples, Transcript
from mortar.settings import Listening

try:
    from sherpa_onnx import OnlineRecognizer
except ImportError:
    raise unpackaged("sherpa-onnx") from None

RATE_Hz = 16_000

TAIL = np.zeros(660 * RATE_Hz // 1_000, np.float32)
"""Silence that pushes the last words out of the model's look-ahead, as long as in sherpa-onnx's own
examples. Where the person speaks on behind it, it was a longer pause."""

CHUNKS = ("T", "decode_chunk_len", "num_encoder_layers")
STACKS = (*CHUNKS, "encoder_dims", "cnn_module_kernels", "left_context_len")
ENCODERS = {
    "zipformer2": (*STACKS, "query_head_dims", "value_head_dims", "num_heads"),
    "zipformer": (*STACKS, "attention_dims"),
    "conformer": (*CHUNKS, "left_context", "encoder_dim", "pad_length", "cnn_module_kernel"),
    "lstm": (*CHUNKS, "rnn_hidden_size", "d_model"),
}
"""model_type → what else sherpa-onnx looks up in the encoder's metadata (csrc/online-*-transducer-model.cc).
It ends the process, with status 255, where it does not find it."""


class Sherpa:
    """`should_stop` is asked between two pieces of work; True ends the work with Interrupted."""

    unit = "sherpa-onnx/cpu"

    def __init__(self, settings: Listening, should_stop: Callable[[], bool]) -> None:
        folder = located(settings)
        parts = {part: only_file(folder, f"{part}*.onnx") for part in ("encoder", "decoder", "joiner")}
        kind = _described(parts["encoder"], "model_type")["model_type"]
        if kind not in ENCODERS:
            raise damaged(
                parts["encoder"], f"{kind} is none of {', '.join(ENCODERS)}, the streaming transducers"
            )
        _described(parts["encoder"], *ENCODERS[kind])
        vocab_size = _described(parts["decoder"], "vocab_size", "context_size")["vocab_size"]
        _described(parts["joiner"])
        tokens = only_file(folder, "tokens.txt")
        _check_tokens(tokens, vocab_size)
        self._should_stop = should_stop
        with _one_line_errors(folder):
            self._recogniser = OnlineRecognizer.from_transducer(
                tokens=str(tokens),
                **{part: str(path) for part, path in parts.items()},
                num_threads=settings.threads,
                model_type=kind,
            )
        self._folder = folder
        # The first run shows whether the parts fit together, and is slower than those after it.
        SherpaUtterance(self._recogniser, folder, lambda: False).hear(np.zeros(RATE_Hz, np.int16))

    def utterance(self) -> SherpaUtterance:
        return SherpaUtterance(self._recogniser, self._folder, self._should_stop)


class SherpaUtterance:
    def __init__(self, recogniser: OnlineRecognizer, folder: Path, should_stop: Callable[[], bool]) -> None:
        self._recogniser = recogniser
        self._folder = folder
        self._should_stop = should_stop
        self._stream = recogniser.create_stream()

    def hear(self, samples: Samples) -> str:
        return self._follow(samples.astype(np.float32) / 32_768)

    def conclude(self) -> Transcript:
        text = self._follow(TAIL)
        log_probabilities = self._recogniser.ys_probs(self._stream)
        if not text or not log_probabilities:
            return Transcript(None, 0.0)
        return Transcript(text, math.exp(sum(log_probabilities) / len(log_probabilities)))

    def _follow(self, sound: np.ndarray[tuple[int], np.dtype[np.float32]]) -> str:
        self._stream.accept_waveform(RATE_Hz, sound)
        while self._recogniser.is_ready(self._stream):
            if self._should_stop():
                raise Interrupted
            with _one_line_errors(self._folder):
                self._recogniser.decode_stream(self._stream)
        text = str(self._recogniser.get_result(self._stream))
        # LibriSpeech, which many models learned from, is written in capitals.
        return text.lower() if text.isupper() else text


@contextmanager
def _one_line_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise damaged(folder, " ".join(str(error).split())) from None


def _described(path: Path, *wanted: str) -> dict[str, str]:
    """The file's metadata, in which everything wanted stands."""
    try:
        found = onnx_file.metadata(path)
    except (OSError, ValueError) as error:
        raise damaged(path, str(error)) from None
    if missing := [key for key in wanted if not found.get(key)]:
        raise damaged(path, f"its metadata has no {' and no '.join(missing)}: no streaming transducer")
    return found


def _check_tokens(path: Path, vocab_size: str) -> None:
    """One "symbol number" a line. sherpa-onnx ends the process where it is not."""
    try:
        lines = path.read_text("utf-8").rstrip("\n").split("\n")
        missing = set(range(int(vocab_size))) - {int(line.split()[-1]) for line in lines}
    except (OSError, ValueError, IndexError):
        raise damaged(path, "a line of it is not a symbol and its number") from None
    if missing:
        raise damaged(path, f"{len(missing)} of the decoder's {vocab_size} symbols are not in it")
