"""What a GGUF file says of itself, read without llama.cpp: its keys, and whether its tensors are all there.

The format: docs/gguf.md of ggml. llama.cpp refuses a cut language model by itself; libmtmd takes a cut vision
encoder, and sees noise.
"""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mortar.errors import MortarError
from mortar.runtimes.ggml_types import BLOCKS

MAGIC = b"GGUF"
VERSIONS = (2, 3)

ALIGNMENT_KEY, ALIGNMENT_BYTES = "general.alignment", 32

NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""GGUF's type of a value → its format in struct."""
STRING, ARRAY = 8, 9

MOST_DIMENSIONS = 4
"""Of a tensor (GGML_MAX_DIMS)."""

LONGEST_KEPT = 64
"""Longer arrays are words and merges of a tokenizer, and are passed over."""


Value = int | float | bool | str | list["Value"] | None
"""None: an array that is too long to be kept."""


@dataclass(frozen=True)
class Header:
    """A file's keys. What is asked for and isn't there, or is of another type, raises MortarError."""

    path: Path
    keys: dict[str, Value]

    def text(self, *names: str) -> str:
        """The first of these keys that there is."""
        for name in names:
            if isinstance(held := self.keys.get(name), str):
                return held
        raise unusable(self.path, f"has no {names[0]}")

    def count(self, name: str, otherwise: int | None = None) -> int:
        held = self.keys.get(name, otherwise)
        if isinstance(held, int) and held > 0:
            return held
        raise unusable(self.path, f"has no {name}")

    def counted(self, name: str) -> int:
        """0 where the file does not say."""
        return self.count(name) if self.keys.get(name) else 0

    def colour(self, name: str) -> tuple[float, float, float]:
        match self.keys.get(name):
            case [float() as red, float() as green, float() as blue]:
                return red, green, blue
            case _:
                raise unusable(self.path, f"has no {name}")


def read(path: Path) -> Header:
    """Raises MortarError where the file is missing, is no GGUF, or is not there to its end."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return Header(path, _Walk(data).keys())
    except OSError as error:
        raise MortarError("model-missing", f"{path}: {error.strerror}", RESTORE) from None
    except (struct.error, UnicodeDecodeError, KeyError, OverflowError):
        raise unusable(path, "breaks off, or is damaged") from None
    except ValueError as error:  # of ours, or an empty file's
        raise unusable(path, str(error)) from None


def unusable(path: Path, why: str) -> MortarError:
    return MortarError("model-damaged", f"{path} {why}", RESTORE)


RESTORE = "get the file again, and compare its size with what its source says"


class _Walk:
    """From the beginning of a file to the end of its tensors' descriptions."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def keys(self) -> dict[str, Value]:
        """Raises ValueError, or what reading nonsense raises."""
        if self._data[:4] != MAGIC:
            raise ValueError("is no GGUF file")
        self._at = 4
        version, n_tensors, n_keys = self._number("I"), self._number("Q"), self._number("Q")
        if version not in VERSIONS:
            raise ValueError(f"is GGUF version {version}, which Mortar does not know")
        keys = {self._string(): self._value(self._number("I")) for _ in range(n_keys)}
        ends = [self._tensor_end() for _ in range(n_tensors)]
        alignment = keys.get(ALIGNMENT_KEY, ALIGNMENT_BYTES)
        if not isinstance(alignment, int) or alignment < 1:
            raise ValueError(f"has no usable {ALIGNMENT_KEY}")
        wanted = math.ceil(self._at / alignment) * alignment + max(ends, default=0)
        if wanted > len(self._data):
            raise ValueError(f"breaks off after {len(self._data)} of {wanted} bytes")
        return keys

    def _tensor_end(self) -> int:
        """Of its data, counted from where all data begins."""
        self._string()
        n_dims = self._number("I")
        if n_dims > MOST_DIMENSIONS:
            raise ValueError("is damaged")
        values: int = math.prod(self._number("Q") for _ in range(n_dims))
        in_block, block_bytes = BLOCKS.get(self._number("I"), (1, 0))
        offset: int = self._number("Q")
        return offset + values // in_block * block_bytes

    def _value(self, kind: int) -> Value:
        if kind == STRING:
            return self._string()
        if kind != ARRAY:
            held: int | float | bool = self._number(NUMBERS[kind])
            return held
        of, count = self._number("I"), self._number("Q")
        if count <= LONGEST_KEPT:
            return [self._value(of) for _ in range(count)]
        if of == STRING:
            for _ in range(count):
                length = self._number("Q")
                self._at += length
        else:
            self._at += count * struct.calcsize(NUMBERS[of])
        return None

    def _string(self) -> str:
        length = self._number("Q")
        self._at += length
        return self._data[self._at - length : self._at].decode("utf-8")

    def _number(self, form: str) -> Any:
        (found,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(form)
        return found
