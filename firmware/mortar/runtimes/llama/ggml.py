"""The calls of ggml, llama.cpp's engine, that llama-cpp-python leaves out, and the devices that it sees."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from llama_cpp import llama_cpp

LIBRARY = ctypes.CDLL(llama_cpp._lib._name)
"""libllama, and through it the libraries of ggml: a handle of our own, since the types that are given to
functions belong to the handle."""


def function(name: str, result: Any, *arguments: Any) -> Any:
    found = getattr(LIBRARY, name)
    found.restype, found.argtypes = result, arguments
    return found


_Device = ctypes.c_void_p
_BufferType = ctypes.c_void_p
_Size = ctypes.POINTER(ctypes.c_size_t)

_device_count = function("ggml_backend_dev_count", ctypes.c_size_t)
_device_get = function("ggml_backend_dev_get", _Device, ctypes.c_size_t)
_device_name = function("ggml_backend_dev_name", ctypes.c_char_p, _Device)
_device_description = function("ggml_backend_dev_description", ctypes.c_char_p, _Device)
_device_type = function("ggml_backend_dev_type", ctypes.c_int, _Device)
_device_memory = function("ggml_backend_dev_memory", None, _Device, _Size, _Size)
_device_registry = function("ggml_backend_dev_backend_reg", ctypes.c_void_p, _Device)
_registry_name = function("ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)
_registry_count = function("ggml_backend_reg_count", ctypes.c_size_t)
_registry_get = function("ggml_backend_reg_get", ctypes.c_void_p, ctypes.c_size_t)
_buffer_name = function("ggml_backend_buft_name", ctypes.c_char_p, _BufferType)
_buffer_is_host = function("ggml_backend_buft_is_host", ctypes.c_bool, _BufferType)
_buffer_device = function("ggml_backend_buft_get_device", _Device, _BufferType)


class Kind(IntEnum):
    """ggml_backend_dev_type."""

    CPU = 0
    GPU = 1
    """With memory of its own."""
    INTEGRATED_GPU = 2
    """In the CPU's memory."""
    ACCELERATOR = 3
    """Works beside the CPU, on its memory: a BLAS library, AMX."""
    META = 4

    @property
    def is_gpu(self) -> bool:
        return self in (Kind.GPU, Kind.INTEGRATED_GPU)


@dataclass(frozen=True)
class Device:
    pointer: int
    """ggml_backend_dev_t."""
    backend: str
    """Of ggml, that drives it: CPU, Vulkan."""
    name: str
    """In ggml: Vulkan0."""
    title: str
    """What its driver calls it: Mali-G610 (Panfrost)."""
    kind: Kind
    free_bytes: int
    """Both are 0 where the driver doesn't say."""
    total_bytes: int


def devices() -> list[Device]:
    return [_device(_device_get(index)) for index in range(_device_count())]


def gpus() -> list[Device]:
    return [device for device in devices() if device.kind.is_gpu]


def backends() -> list[str]:
    """What this build of ggml can drive, whether a device is there or not: Vulkan, CPU."""
    return [_registry_name(_registry_get(index)).decode() for index in range(_registry_count())]


def _device(pointer: int) -> Device:
    free_bytes, total_bytes = ctypes.c_size_t(), ctypes.c_size_t()
    _device_memory(pointer, ctypes.byref(free_bytes), ctypes.byref(total_bytes))
    return Device(
        pointer=pointer,
        backend=_registry_name(_device_registry(pointer)).decode(),
        name=_device_name(pointer).decode(),
        title=_device_description(pointer).decode(),
        kind=Kind(_device_type(pointer)),
        free_bytes=free_bytes.value,
        total_bytes=total_bytes.value,
    )


def buffer_name(buffer_type: int) -> str:
    """Of a ggml_backend_buffer_type_t: CPU, CPU_Mapped, CPU_REPACK, Vulkan0."""
    return str(_buffer_name(buffer_type).decode())


def buffer_device(buffer_type: int) -> Device | None:
    """The GPU whose memory it is; None where it is the CPU's, such as that from which a GPU copies."""
    pointer = _buffer_device(buffer_type)
    if pointer is None or _buffer_is_host(buffer_type):
        return None
    device = _device(pointer)
    return device if device.kind.is_gpu else None
