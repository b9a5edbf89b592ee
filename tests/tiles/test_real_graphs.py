"""The bundled tower as real graphs: in two overlapped stages, in batches, and as it ships."""

from __future__ import annotations

import numpy as np
import pytest

from mortar import resources
from mortar.runtimes.interfaces import Floats, VisionEncoder
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.tflite import TfliteVisionGraph
from mortar.runtimes.vision import Batches, Pipeline

pytest.importorskip("litert_torch", reason="conversion comes with the tools extra")
from mortar_tools.bench import tile_graphs
from mortar_tools.bench.pipeline import photographed, room

N = 9


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> tile_graphs.Graphs:
    return tile_graphs.Graphs(tile_graphs.tower("cards"), tmp_path_factory.mktemp("graphs"))


def tokens(encoder: VisionEncoder) -> Floats:
    folder = ModelFolder(resources.bundled_model())
    part = folder.manifest.vision
    out = room(part, N)
    encoder.encode(photographed(part, N), out)
    encoder.close()
    return out


@pytest.fixture(scope="module")
def shipped() -> Floats:
    folder = ModelFolder(resources.bundled_model())
    part = folder.manifest.vision
    graph = TfliteVisionGraph(folder.verified(part), part, threads=1)
    return tokens(Batches([graph], part.n_tok, part.n_embd))


def agree(ours: Floats, theirs: Floats) -> bool:
    """The file that ships has float16 weights, rounded before some of them were folded together."""
    across = (ours * theirs).sum(-1) / np.linalg.norm(ours, axis=-1) / np.linalg.norm(theirs, axis=-1)
    return bool(across.min() > 0.9999)


def test_batches_give_the_tokens_of_the_encoder_that_ships(
    graphs: tile_graphs.Graphs, shipped: Floats
) -> None:
    encoder = Batches(graphs.whole((4, 1)), graphs.part.n_tok, graphs.part.n_embd)
    assert agree(tokens(encoder), shipped)


def test_two_stages_give_the_tokens_of_the_encoder_that_ships(
    graphs: tile_graphs.Graphs, shipped: Floats
) -> None:
    encoder = Pipeline(graphs.halves((4, 1)), graphs.part.n_tok, graphs.part.n_embd)
    assert agree(tokens(encoder), shipped)
