"""Towers that are written as mmproj are, to libmtmd, the towers that they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="towers need the tools extra")
pytest.importorskip("gguf", reason="towers need the tools extra")

from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.mtmd import MtmdVisionGraph
from mortar_tools.cards import tokenizer
from mortar_tools.cards.export import language_gguf
from mortar_tools.cards.training.model import Language, Shape
from mortar_tools.vision.convert.agreement import by_torch, least_cosine
from mortar_tools.vision.towers import mmproj
from mortar_tools.vision.towers.tower import randomised
from small_towers import SHAPES

LEAST_COSINE = 0.999


@pytest.mark.parametrize(
    "name", ["matrix", "mlp", "norm before the projector", "no reduction", "patches of 14"]
)
def test_libmtmd_sees_what_torch_sees(name: str, tmp_path: Path) -> None:
    tower = randomised(SHAPES[name])
    shape = tower.shape
    mmproj.write(tower, "small", "Apache-2.0", tmp_path / "eyes.gguf")
    words = tokenizer.load().get_vocab_size()
    language = Language(Shape(width=shape.n_embd, layers=1, heads=1, mlp=32, vocabulary=words))
    language_gguf.write(language, "small", "Apache-2.0", tmp_path / "language.gguf")
    edge = shape.picture_px
    part = VisionPart("eyes.gguf", "0" * 64, 1, shape.n_tok, shape.n_embd, edge, edge)
    pictures = np.random.default_rng(1).integers(0, 256, (1, edge // 4, edge // 4, 3), np.uint8)
    pictures = pictures.repeat(4, 1).repeat(4, 2)
    found = np.zeros((1, shape.n_tok, shape.n_embd), np.float32)
    graph = MtmdVisionGraph(tmp_path / "eyes.gguf", tmp_path / "language.gguf", part, threads=1)
    graph.run(pictures, found)
    graph.close()
    normalised = ((pictures.astype(np.float32) / 255 - 0.5) / 0.5).transpose(0, 3, 1, 2)
    assert least_cosine(found, by_torch(tower, normalised)) >= LEAST_COSINE
