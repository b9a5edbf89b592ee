"""The search itself, on the bundled model: what it writes is what the eye then runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="making forms comes with the tools extra")
pytest.importorskip("litert_torch", reason="making forms comes with the tools extra")

from PIL import Image

from mortar import resources, settings
from mortar.bricks.picture import pixels
from mortar.runtimes.forms import Precision
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.place import part_at
from mortar.runtimes.places import places
from mortar_tools.tune.export import exported, tower_of
from mortar_tools.tune.keep import keep
from mortar_tools.tune.space import Cost, Measured, Way
from mortar_tools.vision.towers.resized import resized

SMALLER = Way(96, 16, 1, False, Precision.F16)
MERGED = Way(128, 16, 2, False, Precision.F16)


@pytest.fixture(scope="module")
def model() -> ModelFolder:
    return ModelFolder(resources.bundled_model())


def test_a_tower_of_its_own_size_is_itself_and_merged_tokens_are_the_means(model: ModelFolder) -> None:
    import torch

    tower = tower_of(model)
    picture = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        own = tower(picture)
        assert torch.equal(resized(tower, tower.shape)(picture), own)
        merged = resized(tower, MERGED.shape(tower.shape))(picture)
    means = own.view(1, 2, 2, 2, 2, -1).mean((2, 4)).view(1, 4, -1)
    torch.testing.assert_close(merged, means, atol=1e-5, rtol=1e-5)


def test_what_is_chosen_is_what_the_eye_looks_with(
    model: ModelFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each point has its form, of its size, and the picture's tokens come out of it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    made = exported(tower_of(model), [SMALLER, MERGED], model, drafts, tmp_path)
    cost = Cost(wait_ms=5.0, memory_MB=20.0, cpu_ms=5.0)
    keep([Measured(one.way, one.part.n_tok, 0.8, (0.7, 0.9), cost, 5.0) for one in made], made, model, "host")
    eye = settings.load("host").eye
    assert [(point.width_px, point.n_tok) for point in eye.points] == [(96, 9), (128, 4)]
    for point in eye.points:
        place = next(one for one in places(eye, model, point) if one.unit == "tflite/cpu")
        assert place.open is not None
        part, encoder = part_at(model.manifest.vision, point), place.open()
        out = np.zeros((1, part.n_tok, part.n_embd), np.float32)
        encoder.encode(pixels(Image.new("RGB", (64, 48), "teal"), part.width_px, part.height_px), out)
        encoder.close()
        assert np.abs(out).min(axis=-1).max() > 0
