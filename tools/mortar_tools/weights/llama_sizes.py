"""The sizes of a Llama-shaped model, told by its tensors, and the keys that tell llama.cpp.

llama.cpp's architecture `llama` gives every block the same sizes. `deci` is the same arithmetic with sizes
of each block's own (NVIDIA's Nemotron models, which were pruned so: Bercovich et al. 2024, "Puzzle"), so a
model whose blocks differ is written as that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gguf import GGUFValueType

from mortar_tools.weights.gguf_file import GgufModel, Value, Weights

UNIFORM, UNEVEN = "llama", "deci"

BLOCK = "blk.{block}.{part}.weight"
QUERY_KEY_VALUE = ("attn_q", "attn_k", "attn_v")
ATTENTION_OUT = "attn_output"
GATE_UP = ("ffn_gate", "ffn_up")
DOWN = "ffn_down"


def tensor(block: int, part: str) -> str:
    """Name of a block's matrix."""
    return BLOCK.format(block=block, part=part)


def blocks(weights: Weights) -> int:
    """How many there are."""
    return len({name.split(".")[1] for name in weights if name.startswith("blk.")})


def head_dim(model: GgufModel) -> int:
    """Width of an attention head."""
    given = model.get(".attention.key_length")
    return int(given or model.get(".embedding_length") // model.get(".attention.head_count"))


def heads(weights: Weights, dim: int) -> tuple[int, ...]:
    """Of each block."""
    return tuple(len(weights[tensor(block, "attn_q")]) // dim for block in range(blocks(weights)))


def channels(weights: Weights) -> tuple[int, ...]:
    """MLP channels of each block."""
    return tuple(len(weights[tensor(block, "ffn_up")]) for block in range(blocks(weights)))


def with_weights(model: GgufModel, weights: Weights) -> GgufModel:
    """The model with other weights, and keys that tell their sizes."""
    dim, width = head_dim(model), int(model.get(".embedding_length"))
    n_head, n_ff = heads(weights, dim), channels(weights)
    even = len(set(n_head)) == len(set(n_ff)) == 1
    architecture = UNIFORM if even else UNEVEN
    old = f"{model.architecture}."
    keys = {
        f"{architecture}.{name.removeprefix(old)}" if name.startswith(old) else name: value
        for name, value in model.keys.items()
    }
    sizes: dict[str, Any] = {
        "block_count": blocks(weights),
        "feed_forward_length": _one_or_each(n_ff, even),
        "attention.head_count": _one_or_each(n_head, even),
        "attention.head_count_kv": _one_or_each(n_head, even),
    }
    if not even or n_head[0] * dim != width:
        sizes |= {"attention.key_length": dim, "attention.value_length": dim}
    keys |= {f"{architecture}.{name}": _as_value(size) for name, size in sizes.items()}
    return replace(model, architecture=architecture, keys=keys, weights=weights)


def _one_or_each(sizes: Sequence[int], even: bool) -> int | list[int]:
    return sizes[0] if even else list(sizes)


def _as_value(size: int | list[int]) -> Value:
    if isinstance(size, list):
        return Value(size, GGUFValueType.ARRAY, GGUFValueType.INT32)
    return Value(size, GGUFValueType.UINT32)
