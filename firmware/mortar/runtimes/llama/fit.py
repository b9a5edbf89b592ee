"""Whether a model fits into the memory that is free, before any of it is taken.

llama.cpp itself says what it would take: loaded with `no_alloc`, it reads the file's metadata, lays out every
buffer and allocates none of them (as its own common/fit.cpp does).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from mortar.drivers.kernel import Kernel
from mortar.drivers.memory import available_bytes
from mortar.errors import MortarError
from mortar.runtimes.llama import backend, ggml
from mortar.runtimes.llama.breakdown import Placed, placed


def check(path: Path, model_parameters: Any, context_parameters: Any) -> None:
    """Raises MortarError where the model needs more than there is, or cannot be loaded at all."""
    needs = needed(path, model_parameters, context_parameters)
    judge(path, needs, available_bytes(Kernel()))


def needed(path: Path, model_parameters: Any, context_parameters: Any) -> list[Placed]:
    """What a model would hold. Takes as long as reading the vocabulary."""
    simulated = type(model_parameters).from_buffer_copy(model_parameters)
    simulated.no_alloc = True
    simulated.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE  # no_alloc leaves nothing to map into
    model = backend.load(path, simulated)
    try:
        context = backend.new_context(model, path, context_parameters)
        try:
            return placed(context)
        finally:
            llama_cpp.llama_free(context)
    finally:
        llama_cpp.llama_model_free(model)


def judge(path: Path, needs: Sequence[Placed], available_bytes: int | None) -> None:
    """Mapped weights count as well: a model that the page cache cannot keep is read again for every token.

    An integrated GPU has no memory but the CPU's. Raises MortarError where it does not fit.
    """
    in_memory = [one for one in needs if one.device is None or one.device.kind is ggml.Kind.INTEGRATED_GPU]
    if available_bytes is not None:
        _compare(path, in_memory, available_bytes, "memory", "use a smaller model")
    for device in {one.device for one in needs if one.device and one.device.kind is ggml.Kind.GPU}:
        if device.total_bytes:
            own = [one for one in needs if one.device == device]
            _compare(path, own, device.free_bytes, f"memory of {device.title}", "lower gpu_layers")


def _compare(path: Path, needs: Sequence[Placed], free_bytes: int, where: str, do: str) -> None:
    held = [one.held for one in needs]
    needs_bytes = sum(one.total_bytes for one in held)
    if needs_bytes <= free_bytes:
        return
    parts = (
        f"weights {_MB(sum(one.model_bytes for one in held))}, "
        f"KV cache {_MB(sum(one.context_bytes for one in held))}, "
        f"computing {_MB(sum(one.compute_bytes for one in held))}"
    )
    raise MortarError(
        "language-model-too-large",
        f"{path.name} needs {_MB(needs_bytes)} MB of {where} ({parts}), and {_MB(free_bytes)} MB are free",
        f"lower context_tok, set kv_type to q8_0 in [language], or {do}",
    )


def _MB(size_bytes: int) -> int:
    return -(-size_bytes // 2**20)
