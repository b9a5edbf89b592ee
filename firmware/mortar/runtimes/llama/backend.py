"""llama.cpp itself: started once a process, models loaded from files, and contexts made for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import llama_cpp

from mortar.errors import MortarError
from mortar.runtimes.llama.log import LOG, take_over


def start_backend() -> None:
    """Quiet, and safe to repeat."""
    take_over()
    llama_cpp.llama_backend_init()


def build() -> str:
    """What a saved state depends on beside its model: llama.cpp's version, and what it was compiled for."""
    return f"{llama_cpp.__version__} {llama_cpp.llama_print_system_info().decode()}"


def load(path: Path, parameters: Any) -> Any:
    """llama.cpp's pointer to a model. Raises MortarError where the file is none that it can run."""
    LOG.begin()
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    if model is None:
        raise MortarError(
            "language-model-unusable",
            f"{path} is no model that llama.cpp can run{LOG.said()}",
            "restore the file, or convert the model again",
        )
    return model


def new_context(model: Any, path: Path, parameters: Any) -> Any:
    """llama.cpp's pointer to a context. Raises MortarError where there is none with these parameters."""
    LOG.begin()
    context = llama_cpp.llama_init_from_model(model, parameters)
    if context is None:
        raise MortarError(
            "language-context-failed",
            f"no context of {parameters.n_ctx} tokens for {path}{LOG.said()}",
            "lower context_tok in [language], and leave kv_type and flash_attention as they come",
        )
    return context
