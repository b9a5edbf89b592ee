"""librknnrt's C API by ctypes: the library, a model that it has loaded, memory that the NPU uses.

One thread calls it all: contexts that were used from several have failed to submit their jobs
(airockchip/rknn-toolkit2, issue 533).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import byref, sizeof
from typing import Any

from mortar.runtimes.rknn import structs
from mortar.runtimes.rknn.errors import Cause, error, explained, last_words
from mortar.runtimes.rknn.structs import InOutNum, Query, SdkVersion, Sync, TensorAttr, TensorMem

Log = Callable[[], str]
"""What the library has logged since the present request began."""


class Library:
    """The loaded librknnrt.so. Raises RknnError where it is missing or lacks a function."""

    def __init__(self, path: str, log: Log) -> None:
        self.log = log
        try:
            library = ctypes.CDLL(path)
            for name, (result, arguments) in structs.SIGNATURES.items():
                function = getattr(library, name)
                function.restype, function.argtypes = result, arguments
        except (OSError, AttributeError) as missing:
            raise error(Cause.NO_LIBRARY, detail=str(missing)) from None
        self._library = library

    def call(self, name: str, *arguments: Any) -> None:
        """A function that gives a return code. Raises RknnError for any but 0."""
        code = getattr(self._library, name)(*arguments)
        if code != 0:
            raise explained(name, code, self.log())

    def create(self, name: str, *arguments: Any) -> ctypes._Pointer[TensorMem]:
        """A function that gives memory, a null pointer where it fails."""
        made: ctypes._Pointer[TensorMem] = getattr(self._library, name)(*arguments)
        return made

    def discard(self, name: str, *arguments: Any) -> None:
        """A function that gives something back: what it returns helps nobody."""
        getattr(self._library, name)(*arguments)


class Model:
    """A model that librknnrt has loaded (an rknn_context). Raises RknnError throughout."""

    def __init__(self, library: Library, path: str) -> None:
        self.library = library
        self.context = structs.Context()
        # Size 0: the library reads the file itself.
        library.call("rknn_init", byref(self.context), path.encode(), 0, 0, None)

    def versions(self) -> dict[str, str]:
        """ "librknnrt" → "2.5.0 (...)", "rknpu" → "0.9.8"."""
        held = SdkVersion()
        self._query(Query.SDK_VERSION, held)
        return {"librknnrt": held.api_version.decode(), "rknpu": held.drv_version.decode()}

    def tensors(self) -> tuple[list[TensorAttr], list[TensorAttr]]:
        """Inputs and outputs."""
        count = InOutNum()
        self._query(Query.IN_OUT_NUM, count)
        inputs = [self._tensor(Query.INPUT_ATTR, index) for index in range(count.n_input)]
        return inputs, [self._tensor(Query.OUTPUT_ATTR, index) for index in range(count.n_output)]

    def set_cores(self, mask: int) -> None:
        self.library.call("rknn_set_core_mask", self.context, mask)

    def bind(self, memory: Memory, tensor: TensorAttr) -> None:
        """From here on the model reads or writes `tensor` in `memory`."""
        self.library.call("rknn_set_io_mem", self.context, memory.held, byref(tensor))

    def run(self) -> None:
        """Blocks until the NPU is done."""
        self.library.call("rknn_run", self.context, None)

    def close(self) -> None:
        self.library.discard("rknn_destroy", self.context)

    def _tensor(self, query: Query, index: int) -> TensorAttr:
        held = TensorAttr(index=index)
        self._query(query, held)
        return held

    def _query(self, query: Query, into: ctypes.Structure) -> None:
        self.library.call("rknn_query", self.context, query, byref(into), sizeof(into))


class Memory:
    """Memory that a model's tensors are bound to (an rknn_tensor_mem)."""

    def __init__(self, model: Model, held: ctypes._Pointer[TensorMem]) -> None:
        self._model = model
        self.held = held

    @classmethod
    def of_npu(cls, model: Model, size: int) -> Memory:
        """Of the library's own. Raises RknnError where there is none left."""
        held = model.library.create("rknn_create_mem", model.context, size)
        if not held:
            said = last_words(model.library.log())
            raise error(Cause.NO_MEMORY, call="rknn_create_mem", said=said)
        return cls(model, held)

    @classmethod
    def shared(cls, model: Model, descriptor: int, address: int, size: int, offset: int) -> Memory | None:
        """`size` bytes at `offset` of a DMA-BUF that is mapped at `address`; None where the library does not
        take it."""
        held = model.library.create(
            "rknn_create_mem_from_fd", model.context, descriptor, address, size, offset
        )
        return cls(model, held) if held else None

    @property
    def address(self) -> int:
        return int(self.held.contents.virt_addr)

    def sync(self, direction: Sync) -> None:
        """Bring the processor's caches and the memory in step, around what either side writes."""
        self._model.library.call("rknn_mem_sync", self._model.context, self.held, direction)

    def close(self) -> None:
        self._model.library.discard("rknn_destroy_mem", self._model.context, self.held)
