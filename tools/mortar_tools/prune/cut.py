"""Takes blocks, heads and channels out of a Llama-shaped model's tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mortar_tools.prune.choose import Kept, Plan
from mortar_tools.weights.gguf_file import GgufModel, Weights
from mortar_tools.weights.llama_sizes import (
    ATTENTION_OUT,
    DOWN,
    GATE_UP,
    QUERY_KEY_VALUE,
    channels,
    head_dim,
    heads,
    tensor,
    with_weights,
)


def everything(model: GgufModel) -> Plan:
    """The plan that takes nothing out."""
    n_head, n_ff = heads(model.weights, head_dim(model)), channels(model.weights)
    return tuple(
        Kept(block, tuple(range(h)), tuple(range(c)))
        for block, (h, c) in enumerate(zip(n_head, n_ff, strict=True))
    )


def cut(model: GgufModel, plan: Plan) -> GgufModel:
    """The model that a plan leaves: smaller tensors, blocks numbered anew, keys that tell the sizes.

    Matrices are [out, in]. A head is `head_dim` rows of query, key and value and as many columns of the
    output matrix; a channel is a row of gate and up and a column of down.
    """
    dim, old = head_dim(model), model.weights
    new: Weights = {name: values for name, values in old.items() if not name.startswith("blk.")}
    for number, kept in enumerate(plan):
        rows = np.concatenate([np.arange(head * dim, (head + 1) * dim) for head in kept.heads])
        places = np.array(kept.channels)
        before = f"blk.{kept.block}."
        new |= {
            f"blk.{number}.{name.removeprefix(before)}": values
            for name, values in old.items()
            if name.startswith(before)
        }
        _take(new, number, QUERY_KEY_VALUE, rows, axis=0)
        _take(new, number, (ATTENTION_OUT,), rows, axis=1)
        _take(new, number, GATE_UP, places, axis=0)
        _take(new, number, (DOWN,), places, axis=1)
    return with_weights(model, new)


def _take(weights: Weights, block: int, parts: Sequence[str], places: np.ndarray, axis: int) -> None:
    for part in parts:
        name = tensor(block, part)
        weights[name] = np.ascontiguousarray(weights[name].take(places, axis))
