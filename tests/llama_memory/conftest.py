from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from llama_memory.loads import Load
from mortar import resources
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.llama.placing import Placing


@pytest.fixture(scope="session")
def weights() -> Path:
    """The bundled language model's file."""
    return resources.bundled_model() / "language-iq4_nl.gguf"


@pytest.fixture
def load(weights: Path) -> Iterator[Load]:
    with ExitStack() as stack:

        def loaded(path: Path = weights, n_ctx: int = 256, **placing: Any) -> LlamaLanguageModel:
            model = LlamaLanguageModel(
                path,
                n_ctx=n_ctx,
                threads=1,
                should_stop=lambda: False,
                placing=Placing(**placing),
            )
            return stack.enter_context(closing(model))

        yield loaded
