"""What stands in an ONNX file about the model, read without an engine: its metadata, key by key.

An ONNX file is one protobuf message (onnx.proto, ModelProto); only its outermost fields are walked,
which finds a file that is cut short or is something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

VARINT, BYTES = 0, 2
"""Wire types that ModelProto's own fields have."""

METADATA = 14
"""Field of ModelProto: pairs of key (field 1) and value (field 2)."""


def metadata(path: Path) -> dict[str, str]:
    """Raises ValueError where the file is no ONNX model, or not a whole one; OSError as open does."""
    with path.open("rb") as file:
        size_bytes = path.stat().st_size
        if size_bytes == 0:
            raise ValueError("it is empty")
        pairs = [dict(_pair(file, end)) for field, end in _fields(file, size_bytes) if field == METADATA]
    return {pair.get(1, ""): pair.get(2, "") for pair in pairs}


def _pair(file: BinaryIO, end: int) -> Iterator[tuple[int, str]]:
    for field, value_end in _fields(file, end):
        yield field, file.read(value_end - file.tell()).decode()


def _fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """(number, where its content ends) of each field of bytes; the file stands at its beginning."""
    while (at := file.tell()) < end:
        key = _varint(file)
        if key & 7 == VARINT:
            _varint(file)
            continue
        if key & 7 != BYTES or key >> 3 == 0:
            raise ValueError(f"it is no ONNX model (at byte {at})")
        length = _varint(file)
        content_end = file.tell() + length
        if content_end > end:
            raise ValueError(f"it is cut short, or no ONNX model (at byte {at})")
        yield key >> 3, content_end
        file.seek(content_end)


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("it is cut short, or no ONNX model")
