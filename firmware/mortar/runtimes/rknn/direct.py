"""The engine on librknnrt's C API: the NPU reads and writes shared memory itself, where it can be bound."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from math import prod

from mortar.drivers.npu import shown, version
from mortar.rings import dma
from mortar.runtimes.rknn import cores
from mortar.runtimes.rknn.bound_tensor import BoundTensor
from mortar.runtimes.rknn.capi import Library, Log, Model
from mortar.runtimes.rknn.errors import Cause, error
from mortar.runtimes.rknn.protocol import Load
from mortar.runtimes.rknn.service import Region
from mortar.runtimes.rknn.structs import Format, Sync, TensorAttr, Type

TYPES = {"uint8": Type.UINT8, "float32": Type.FLOAT32}


class Direct:
    """One model."""

    def __init__(self, library: str, soc: str, core_choice: str, toolkit: str, log: Log) -> None:
        """`toolkit`: the version that the model was converted with."""
        self._mask = cores.mask(soc, core_choice)
        self._toolkit = version(toolkit)
        self._library = Library(library, log)
        self._model: Model | None = None
        self._tensors: tuple[BoundTensor, ...] = ()

    def load(self, load: Load) -> dict[str, str]:
        model = self._model = Model(self._library, load.model)
        versions = model.versions()
        runtime = version(versions["librknnrt"])
        if runtime and self._toolkit and runtime < self._toolkit:
            raise error(Cause.RUNTIME_OLD, detail=f"{shown(runtime)} and {shown(self._toolkit)}")
        inputs, outputs = model.tensors()
        given = _described(inputs, "takes", load.given_type, load.given_shape)
        out = _described(outputs, "gives", "float32", load.out_shape)
        if self._mask is not None:
            model.set_cores(self._mask)
        self._tensors = BoundTensor(model, given), BoundTensor(model, out)
        return versions

    def run(self, given: Region, out: Region) -> int:
        assert self._model is not None  # `load` comes first
        taken, made = self._tensors
        is_given_bound, is_out_bound = taken.bind(given), made.bind(out)
        if is_given_bound:
            given.settle(dma.SYNC_WRITE)
        else:
            ctypes.memmove(taken.memory.address, given.address, taken.size)
        taken.memory.sync(Sync.TO_DEVICE)
        self._model.run()
        made.memory.sync(Sync.FROM_DEVICE)
        if is_out_bound:
            out.settle(dma.SYNC_READ)
            return 0
        ctypes.memmove(out.address, made.memory.address, made.size)
        return 1

    def close(self) -> None:
        for tensor in self._tensors:
            tensor.close()
        self._tensors = ()
        if self._model is not None:
            self._model.close()
            self._model = None


def _described(held: list[TensorAttr], verb: str, type_name: str, shape: Sequence[int]) -> TensorAttr:
    """The only tensor, as it is to lie in our memory. Raises RknnError where the model has another."""
    expected = f"{type_name} {list(shape)}"
    if len(held) != 1:
        raise error(Cause.SHAPE, detail=f"it {verb} {len(held)} tensors, not one of {expected}")
    tensor = held[0]
    dims = list(tensor.dims[: tensor.n_dims])
    # As the converter adds and drops them, dimensions of size 1 do not count.
    if [n for n in _as_nhwc(tensor, dims) if n > 1] != [n for n in shape if n > 1]:
        raise error(Cause.SHAPE, detail=f"it {verb} {dims}, not {expected}")
    if tensor.w_stride not in (0, shape[-2]) and len(shape) == 4:
        raise error(Cause.SHAPE, detail=f"{shape[-2]} pixels a row do not fit a stride of {tensor.w_stride}")
    tensor.type = TYPES[type_name]
    tensor.pass_through = 0
    if len(shape) == 4:
        tensor.fmt = Format.NHWC
    assert tensor.n_elems == prod(shape)
    return tensor


def _as_nhwc(tensor: TensorAttr, dims: list[int]) -> list[int]:
    if tensor.fmt == Format.NCHW and len(dims) == 4:
        n, channels, height, width = dims
        return [n, height, width, channels]
    return dims
