"""The bundled language model, loaded once for the tests that drive the engine itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from language.gate import Gate
from mortar import resources
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.model_folder import ModelFolder


class Stop:
    """Tells the engine to stop, on the `after`-th time that it asks."""

    def __init__(self) -> None:
        self.after: int | None = None

    def __call__(self) -> bool:
        if self.after is None:
            return False
        self.after -= 1
        return self.after < 0


@pytest.fixture(scope="session")
def folder() -> ModelFolder:
    return ModelFolder(resources.bundled_model())


@pytest.fixture(scope="session")
def stop() -> Stop:
    return Stop()


@pytest.fixture(scope="session")
def loaded(folder: ModelFolder, stop: Stop) -> Iterator[LlamaLanguageModel]:
    path = folder.verified(folder.manifest.language)
    model = LlamaLanguageModel(path, n_ctx=256, threads=1, should_stop=stop)
    yield model
    model.close()


@pytest.fixture
def model(loaded: LlamaLanguageModel, stop: Stop) -> LlamaLanguageModel:
    """The model with an empty memory."""
    stop.after = None
    loaded.keep(0)
    return loaded


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    decode, decode_embeddings = LlamaLanguageModel.decode, LlamaLanguageModel.decode_embeddings

    def text(model: LlamaLanguageModel, tokens: list[int], pos: int) -> None:
        gate.passed("text", len(tokens))
        decode(model, tokens, pos)

    def rows(model: LlamaLanguageModel, address: int, n_tok: int, pos: int) -> None:
        gate.passed("rows", n_tok)
        decode_embeddings(model, address, n_tok, pos)

    monkeypatch.setattr(LlamaLanguageModel, "decode", text)
    monkeypatch.setattr(LlamaLanguageModel, "decode_embeddings", rows)
    yield gate
    gate.open()
