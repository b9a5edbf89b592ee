"""Where a tensor's bytes lie in a GGUF file, as ggml itself reads it."""

from __future__ import annotations

import ctypes
from pathlib import Path

from mortar.runtimes.llama.ggml import function


class _Parameters(ctypes.Structure):
    """gguf_init_params."""

    _fields_ = (("no_alloc", ctypes.c_bool), ("context", ctypes.c_void_p))


_open = function("gguf_init_from_file", ctypes.c_void_p, ctypes.c_char_p, _Parameters)
_close = function("gguf_free", None, ctypes.c_void_p)
_find = function("gguf_find_tensor", ctypes.c_int64, ctypes.c_void_p, ctypes.c_char_p)
_data = function("gguf_get_data_offset", ctypes.c_size_t, ctypes.c_void_p)
_offset = function("gguf_get_tensor_offset", ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int64)


def offset_of(path: Path, tensor: str) -> int:
    """In bytes, from the file's beginning."""
    opened = _open(str(path).encode(), _Parameters(True, None))
    found = _find(opened, tensor.encode())
    assert found >= 0, tensor
    offset = int(_data(opened) + _offset(opened, found))
    _close(opened)
    return offset
