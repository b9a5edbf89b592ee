"""llama.cpp itself: started once a process, its log, and models loaded from files."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import llama_cpp

from mortar.errors import MortarError

LOG_LEVEL_ERROR = 4
"""GGML_LOG_LEVEL_ERROR."""

errors: list[str] = []
"""What llama.cpp logged as errors since the call began; the first names the cause."""


def _on_log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    if level == LOG_LEVEL_ERROR:
        errors.append(" ".join(text.decode("utf-8", "replace").split()))


# Kept here because llama.cpp keeps only the pointer.
log_callback = llama_cpp.llama_log_callback(_on_log)


def start_backend() -> None:
    """Quiet, and safe to repeat."""
    llama_cpp.llama_log_set(log_callback, ctypes.c_void_p(None))
    llama_cpp.llama_backend_init()


def build() -> str:
    """What a saved state depends on beside its model: llama.cpp's version, and what it was compiled for."""
    return f"{llama_cpp.__version__} {llama_cpp.llama_print_system_info().decode()}"


def cpu_parameters() -> Any:
    """llama.cpp's own for loading a model, on the CPU alone."""
    parameters = llama_cpp.llama_model_default_params()
    parameters.n_gpu_layers = 0
    return parameters


def load(path: Path, parameters: Any) -> Any:
    """llama.cpp's pointer to a model. Raises MortarError where the file is none that it can run."""
    errors.clear()
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    if model is None:
        raise MortarError(
            "language-model-unusable",
            f"{path} is no model that llama.cpp can run{said()}",
            "restore the file, or convert the model again",
        )
    return model


def said() -> str:
    """Why the last call failed, to be added to what is told of it."""
    return f": {errors[0]}" if errors else ""
