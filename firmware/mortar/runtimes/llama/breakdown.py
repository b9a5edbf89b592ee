"""How much memory a model holds, and where: llama.cpp's own count, buffer type by buffer type.

`llama_get_memory_breakdown` (llama-ext.h) is what llama.cpp fits models to devices with. It is C++: it gives
a std::map from buffer type to three sizes, by value. That is read here as libstdc++ lays it out, which is
part of its ABI and has been the same since GCC 3.4 (bits/stl_tree.h).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mortar.runtimes.interfaces import Held
from mortar.runtimes.llama import ggml

MAPPED = "_Mapped"
"""How the names of ggml's buffers for mapped files end: CPU_Mapped."""


class _Node(ctypes.Structure):
    """std::_Rb_tree_node of a pair of ggml_backend_buffer_type_t and llama_memory_breakdown_data."""

    _fields_ = (
        ("color", ctypes.c_int),
        ("parent", ctypes.c_void_p),
        ("left", ctypes.c_void_p),
        ("right", ctypes.c_void_p),
        ("buffer_type", ctypes.c_void_p),
        ("model_bytes", ctypes.c_size_t),
        ("context_bytes", ctypes.c_size_t),
        ("compute_bytes", ctypes.c_size_t),
    )


class _Map(ctypes.Structure):
    """std::map: the comparison, which is empty; the header, whose parent is the root; the count."""

    _fields_ = (
        ("compare", ctypes.c_void_p),
        ("color", ctypes.c_int),
        ("root", ctypes.c_void_p),
        ("leftmost", ctypes.c_void_p),
        ("rightmost", ctypes.c_void_p),
        ("count", ctypes.c_size_t),
    )


_breakdown = ggml.function("_Z26llama_get_memory_breakdownPK13llama_context", _Map, ctypes.c_void_p)


@dataclass(frozen=True)
class Placed:
    """Memory in buffers of one type."""

    held: Held
    device: ggml.Device | None
    """The GPU whose memory it is; None: the CPU's."""


def placed(context: Any) -> list[Placed]:
    """What a llama_context and its model hold, buffer types that hold nothing left out. Of a model that was
    loaded with `no_alloc`: what they would.

    The map's nodes, 64 bytes for each of a few buffer types, are not given back.
    """
    tree = _breakdown(context)
    nodes = list(_nodes(tree.root))
    assert len(nodes) == tree.count, "libstdc++ lays out its maps in another way"
    found = [
        Placed(
            Held(
                name := ggml.buffer_name(node.buffer_type),
                node.model_bytes,
                node.context_bytes,
                node.compute_bytes,
                is_mapped=name.endswith(MAPPED),
            ),
            ggml.buffer_device(node.buffer_type),
        )
        for node in nodes
    ]
    return [one for one in found if one.held.total_bytes]


def _nodes(address: int | None) -> Iterator[_Node]:
    """In the map's order."""
    if address is not None:
        node = _Node.from_address(address)
        yield from _nodes(node.left)
        yield node
        yield from _nodes(node.right)
