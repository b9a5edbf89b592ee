"""A whisper.cpp model file, walked from end to end before the engine reads it.

whisper.cpp trusts what stands in the file: nonsense in its header ends the process with SIGABRT. So
does its Python binding with a file that whisper.cpp refuses: it hands out a null pointer, and the
next call is a SIGSEGV (seen with pywhispercpp 1.5.1).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from mortar.runtimes.dictation_model import damaged
from mortar.runtimes.ggml_types import BLOCKS

MAGIC = b"lmgg"

ENGLISH_VOCABULARY = 51_864
"""Of a model of English alone; one of many languages has more."""

HEADER = {
    "n_vocab": range(ENGLISH_VOCABULARY, 51_867),
    "n_audio_ctx": range(1, 1_501),
    "n_audio_state": range(1, 4_097),
    "n_audio_head": range(1, 129),
    "n_audio_layer": range(1, 129),
    "n_text_ctx": range(1, 449),
    "n_text_state": range(1, 4_097),
    "n_text_head": range(1, 129),
    "n_text_layer": range(1, 129),
    "n_mels": range(80, 129),
    "ftype": range(1, 10_000),  # 0, all float32, ends the process with the first sound
}
"""Field → what models have, in the order of the file; each an int32."""

KNOWN = {kind: BLOCKS[kind] for kind in (0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14)}
"""The types that whisper.cpp's models come in: f32, f16, q4_0 ... q6_K."""

LONGEST_NAME = 256


def checked_vocabulary(path: Path) -> int:
    """The model's n_vocab. Raises MortarError where `path` is not a whole whisper.cpp model."""
    try:
        with path.open("rb") as file:
            return _walk(file, path.stat().st_size)
    except OSError as error:
        raise damaged(path, error.strerror or str(error)) from None
    except ValueError as error:
        raise damaged(path, f"{error}; it is no whole whisper.cpp model (ggml)") from None


def _walk(file: BinaryIO, size_bytes: int) -> int:
    if file.read(4) != MAGIC:
        raise ValueError("it does not begin as one")
    header = dict(zip(HEADER, _ints(file, len(HEADER)), strict=True))
    for name, allowed in HEADER.items():
        if header[name] not in allowed:
            raise ValueError(f"its {name} is {header[name]}")
    n_mel, n_fft = _ints(file, 2)
    if n_mel not in HEADER["n_mels"] or n_fft != 201:
        raise ValueError(f"its filters are {n_mel} × {n_fft}")
    file.seek(n_mel * n_fft * 4, 1)
    (words,) = _ints(file, 1)
    if words not in range(1, HEADER["n_vocab"].stop):
        raise ValueError(f"it has {words} words")
    for _ in range(words):
        _skip(file, _ints(file, 1)[0], LONGEST_NAME)
    if file.tell() >= size_bytes:
        raise ValueError("it has no weights")
    while file.tell() < size_bytes:
        _tensor(file, size_bytes)
    return header["n_vocab"]


def _tensor(file: BinaryIO, size_bytes: int) -> None:
    n_dims, name_bytes, kind = _ints(file, 3)
    if n_dims not in range(1, 5) or kind not in KNOWN:
        raise ValueError("it breaks off in the middle, or is of a kind that is not known")
    values = 1
    for side in _ints(file, n_dims):
        values *= side
    _skip(file, name_bytes, LONGEST_NAME)
    in_block, block_bytes = KNOWN[kind]
    _skip(file, values // in_block * block_bytes, size_bytes - file.tell())


def _skip(file: BinaryIO, length: int, most: int) -> None:
    if length not in range(most + 1):
        raise ValueError("it breaks off in the middle")
    file.seek(length, 1)


def _ints(file: BinaryIO, count: int) -> tuple[int, ...]:
    held = file.read(4 * count)
    if len(held) < 4 * count:
        raise ValueError("it breaks off in the middle")
    return struct.unpack(f"<{count}i", held)
