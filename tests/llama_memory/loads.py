"""What the fixture `load` is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from mortar.runtimes.llama.model import LlamaLanguageModel


class Load(Protocol):
    def __call__(self, path: Path = ..., n_ctx: int = ..., **placing: Any) -> LlamaLanguageModel:
        """A model on one thread, `placing` as Placing's fields; it is closed when the test is over."""
