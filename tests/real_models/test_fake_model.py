"""`mortar tools fake-model`: random weights, but the shape, the words and the template of a real model."""

from __future__ import annotations

import tomllib
from pathlib import Path

import gguf
import msgspec
import numpy as np
import pytest

from mortar.errors import UsageError
from mortar.runtimes.interfaces import most_probable
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.manifest import MANIFEST, VisionPart
from mortar.runtimes.mtmd import MtmdVisionGraph
from mortar_tools.fake_model.command import main, write
from mortar_tools.fake_model.language import tensors
from mortar_tools.fake_model.shapes import SHAPES, shape
from mortar_tools.fake_model.tower import tensors as tower_tensors
from mortar_tools.fake_model.weights import SPREAD, Kind, filled, matrix
from real_models.conftest import Fake
from real_models.small import small

PARAMETERS = {
    "smolvlm-256m": 256.5e6,
    "smolvlm-500m": 507.5e6,
    "qwen2-0.5b": 494.0e6,
    "llava-onevision-qwen2-0.5b": 893.6e6,
    "qwen2-vl-2b": 2209.0e6,
}
"""As Hugging Face counts them on the models' pages."""

SEEING = [name for name, one in SHAPES.items() if one.tower]


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_as_many_weights_as_its_model(name: str) -> None:
    chosen = shape(name)
    held = list(tensors(chosen.language, Kind.F16))
    if chosen.tower:
        held += tower_tensors(chosen.tower, chosen.language.width, Kind.F16)
    count = sum(np.prod(tensor.shape) for tensor in held)
    assert count == pytest.approx(PARAMETERS[name], rel=0.01)


@pytest.mark.parametrize("name", SHAPES)
def test_llama_cpp_runs_it(fake: Fake, name: str) -> None:
    """It loads, knows its control tokens, survives text, and predicts with numbers that are some."""
    (path,) = fake(name).glob("language-*.gguf")
    model = LlamaLanguageModel(path, n_ctx=128, threads=1, should_stop=lambda: False)
    try:
        control = model.tokenize(shape(name).tokenizer.eos, special=True)
        assert len(control) == 1 and model.is_end(control[0])
        said = "What do you see in front of the house? Où est 猫?"
        tokens = model.tokenize(said)
        assert b"".join(map(model.piece, tokens)).decode() == said
        assert len(tokens) < len(said.encode()) * 0.7
        model.decode(tokens, 0)
        assert 0 < most_probable(model.logits())[1] < 1
    finally:
        model.close()


@pytest.mark.parametrize("name", SEEING)
def test_libmtmd_encodes_a_picture_with_it(fake: Fake, name: str) -> None:
    folder = fake(name)
    manifest = tomllib.loads((folder / MANIFEST).read_text())
    part = msgspec.convert(manifest["vision"], VisionPart)
    language = folder / manifest["language"]["file"]
    graph = MtmdVisionGraph(folder / part.file, language, part, threads=1)
    out = np.zeros((1, part.n_tok, part.n_embd), np.float32)
    graph.run(np.full((1, part.height_px, part.width_px, 3), 99, np.uint8), out)
    graph.close()
    assert np.isfinite(out).all() and (out.std(axis=(0, 1)) > 0).any()


@pytest.mark.parametrize("name", SHAPES)
def test_it_says_that_it_is_none(fake: Fake, name: str) -> None:
    manifest = tomllib.loads((fake(name) / MANIFEST).read_text())
    assert manifest["name"] == f"fake-{name}" and "random" in manifest["about"]["weights"]
    for path in fake(name).glob("*.gguf"):
        fields = gguf.GGUFReader(path).fields
        assert fields["general.name"].contents() == f"fake-{name}"
        assert "random" in fields["general.description"].contents()


def test_a_seed_is_a_model(tmp_path: Path) -> None:
    """The same one gives the same bytes, another one others."""
    held = [
        write(tmp_path / str(n), "qwen2-0.5b", small("qwen2-0.5b"), Kind.Q4_0, seed=seed)[0].read_bytes()
        for n, seed in enumerate((5, 5, 6))
    ]
    assert held[0] == held[1] != held[2]


@pytest.mark.parametrize("kind", Kind)
def test_weights_are_spread_alike_in_every_type(kind: Kind) -> None:
    """What llama.cpp makes of the bytes has the deviation that was wanted, and no bias to speak of."""
    tensor = matrix("one", 64, 128, kind)
    data = filled(tensor, np.random.default_rng(1))
    values = gguf.quants.dequantize(data, tensor.ggml_type)
    assert values.shape == (64, 128)
    assert values.std() == pytest.approx(SPREAD, rel=0.05)
    assert abs(values.mean()) < SPREAD / 20


def test_an_unknown_shape_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="smolvlm-256m") as caught:
        main(["smolvlm-1t", "--out", str(tmp_path)])
    assert "\n" not in str(caught.value)
