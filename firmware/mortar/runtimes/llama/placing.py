"""Where a model's layers and its memory go, as llama.cpp's parameters say it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import llama_cpp

from mortar.errors import MortarError
from mortar.runtimes.llama import ggml
from mortar.settings import AUTO, FlashAttention, KvType, Language

KV_TYPES = {
    KvType.F16: llama_cpp.GGML_TYPE_F16,
    KvType.Q8_0: llama_cpp.GGML_TYPE_Q8_0,
    KvType.Q4_0: llama_cpp.GGML_TYPE_Q4_0,
}

FLASH_ATTENTION = {
    FlashAttention.AUTO: llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO,
    FlashAttention.ON: llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    FlashAttention.OFF: llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}


@dataclass(frozen=True)
class Placing:
    """See [language] in settings.py for what each is."""

    gpu_layers: int = 0
    gpu_device: str = AUTO
    kv_type: KvType = KvType.F16
    flash_attention: FlashAttention = FlashAttention.AUTO
    repack: bool = True

    @classmethod
    def of(cls, settings: Language) -> Placing:
        return cls(
            gpu_layers=settings.gpu_layers,
            gpu_device=settings.gpu_device,
            kv_type=settings.kv_type,
            flash_attention=settings.flash_attention,
            repack=settings.repack,
        )

    def device(self) -> ggml.Device | None:
        """The GPU that layers are placed on; None where none are. Raises MortarError where it is missing."""
        return choose(ggml.gpus(), self.gpu_device, ggml.backends()) if self.gpu_layers else None

    def model_parameters(self, device: ggml.Device | None) -> Any:
        """llama.cpp's own for loading a model: mapped, and on the CPU and `device` alone."""
        parameters = llama_cpp.llama_model_default_params()
        # Without a list llama.cpp takes every GPU, and has them help with long prompts even of no layers.
        parameters.devices = ctypes.addressof(_device_list(device.pointer if device else None))
        parameters.n_gpu_layers = self.gpu_layers
        parameters.load_mode = llama_cpp.LLAMA_LOAD_MODE_MMAP
        parameters.use_extra_bufts = self.repack
        return parameters

    def context_parameters(self, n_ctx: int, threads: int, batch_tok: int, outputs_tok: int) -> Any:
        """llama.cpp's own for a context of one sequence."""
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = n_ctx
        parameters.n_batch = parameters.n_ubatch = min(n_ctx, batch_tok)
        parameters.n_outputs_max = min(parameters.n_batch, outputs_tok)
        parameters.n_seq_max = 1
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.no_perf = True
        parameters.type_k = parameters.type_v = KV_TYPES[self.kv_type]
        parameters.flash_attn_type = FLASH_ATTENTION[self.flash_attention]
        return parameters


ON_CPU = Placing()


def choose(gpus: Sequence[ggml.Device], wanted: str, backends: Sequence[str]) -> ggml.Device:
    """The first of `gpus`, or the first that is called so. Raises MortarError where there is none."""
    for device in gpus:
        if wanted == AUTO or wanted.lower() in f"{device.name} {device.title}".lower():
            return device
    if gpus:
        what = f"there is no GPU called {wanted}, only {', '.join(device.title for device in gpus)}"
        do = "set gpu_device in [language] to a part of such a name, or to auto"
    elif backends == ["CPU"]:
        what = "this llama.cpp was built for the CPU alone"
        do = "build one for GPUs (MORTAR_LLAMA=vulkan make setup), or set gpu_layers in [language] to 0"
    else:
        what = f"llama.cpp sees no GPU through {', '.join(name for name in backends if name != 'CPU')}"
        do = "install the GPU's Vulkan driver (mesa-vulkan-drivers), or set gpu_layers in [language] to 0"
    raise MortarError("language-gpu-missing", what, do)


@cache
def _device_list(pointer: int | None) -> Any:
    """Of one device or none, ending with NULL. Kept: llama.cpp's parameters have only the address."""
    return (ctypes.c_void_p * 2)(pointer, None)


def unit(device: ggml.Device | None, gpu_layers: int, model_layers: int) -> str:
    """Runtime and unit, for the placement. llama.cpp counts what is after the last layer as one more."""
    if device is None:
        return "llama/cpu"
    whole = model_layers + 1
    placed = whole if gpu_layers < 0 else min(gpu_layers, whole)
    return f"llama/{device.backend.lower()}:{device.title}, {placed} of {whole} layers"
