"""Writes tensors one after the other: no more than one of them is in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gguf
import numpy as np

from mortar_tools.fake_model.weights import Kind, Tensor, filled

_BYTES = np.dtype(np.uint8)
_DTYPES = {None: np.dtype(np.float32), Kind.F16: np.dtype(np.float16)}


def write(
    writer: gguf.GGUFWriter, tensors: Sequence[Tensor], seed: int, advance: Callable[[int], None]
) -> None:
    """Header and tensors; `advance` is told the bytes of each."""
    for tensor in tensors:
        shape = gguf.quant_shape_to_byte_shape(tensor.shape, tensor.ggml_type)
        dtype = _DTYPES.get(tensor.kind, _BYTES)
        held = tensor.shape if dtype is not _BYTES else shape
        raw = tensor.ggml_type if dtype is _BYTES else None
        writer.add_tensor_info(tensor.name, held, dtype, size_bytes(tensor), raw)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    random = np.random.Generator(np.random.SFC64(seed))
    for tensor in tensors:
        data = filled(tensor, random)
        writer.write_tensor_data(data)
        advance(data.nbytes)
    writer.close()


def size_bytes(tensor: Tensor) -> int:
    """Of its data."""
    block, block_bytes = gguf.GGML_QUANT_SIZES[tensor.ggml_type]
    return int(np.prod(tensor.shape)) // block * block_bytes
