"""A model's input or output, and the memory that it is bound to at present."""

from __future__ import annotations

from collections import OrderedDict

from mortar.runtimes.rknn.capi import Memory, Model
from mortar.runtimes.rknn.errors import RknnError
from mortar.runtimes.rknn.service import Region
from mortar.runtimes.rknn.structs import TensorAttr, Type

MOST_IMPORTED = 64
"""Places in shared memory that the library knows at a time: every slot of a ring, and the tiles in it."""

ALIGNMENT_bytes = 64
"""Of what is bound: a cache line, so that nothing beside it shares one with the NPU."""

ELEMENT_bytes = {Type.UINT8: 1, Type.FLOAT32: 4}


class BoundTensor:
    def __init__(self, model: Model, attributes: TensorAttr) -> None:
        """`attributes` describe the tensor as it lies in the memory."""
        self._model = model
        self._attributes = attributes
        self.size = attributes.n_elems * ELEMENT_bytes[Type(attributes.type)]
        """In bytes."""
        self._imported: OrderedDict[tuple[int, int], Memory] = OrderedDict()
        self._own: Memory | None = None
        self._bound: Memory | None = None
        self._may_share = True

    @property
    def memory(self) -> Memory:
        """What it is bound to."""
        assert self._bound is not None  # `bind` comes first
        return self._bound

    def bind(self, region: Region) -> bool:
        """To the region itself; where that cannot be, to memory of the library's own, and False.

        Raises RknnError where neither works.
        """
        if self._may_share and region.shared.may_bind and region.offset % ALIGNMENT_bytes == 0:
            self._may_share = self._shares(region)
            if self._may_share:
                return True
        if self._own is None:
            self._own = Memory.of_npu(self._model, max(self.size, self._attributes.size_with_stride))
        self._bind(self._own)
        return False

    def close(self) -> None:
        for memory in (*self._imported.values(), *([self._own] if self._own else [])):
            memory.close()
        self._imported.clear()
        self._own = self._bound = None

    def _shares(self, region: Region) -> bool:
        """Whether it is bound to the region now: the library may not take memory of that kind."""
        key = region.shared.number, region.offset
        memory = self._imported.get(key) or Memory.shared(
            self._model, region.shared.descriptor, region.shared.address, self.size, region.offset
        )
        if memory is None:
            return False
        self._imported[key] = memory
        self._imported.move_to_end(key)
        try:
            self._bind(memory)
        except RknnError as refused:
            if refused.is_broken:
                raise
            return False
        if len(self._imported) > MOST_IMPORTED:
            self._imported.popitem(last=False)[1].close()
        return True

    def _bind(self, memory: Memory) -> None:
        if memory is not self._bound:
            self._bound = None
            self._model.bind(memory, self._attributes)
            self._bound = memory
