"""The packed weights of large models: made once, mapped from then on, and never another model's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes import tflite_packed
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.tflite import TfliteVisionGraph
from mortar.runtimes.tflite_packed import SUFFIX, Packed
from runtimes.parts import pixels


@pytest.fixture(scope="module")
def part() -> VisionPart:
    return ModelFolder(resources.bundled_model()).manifest.vision


@pytest.fixture
def model(part: VisionPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled model's own file, taken for a large one."""
    monkeypatch.setattr(tflite_packed, "LARGE_bytes", 1)
    return Path(shutil.copy(resources.bundled_model() / part.file, tmp_path / "vision.tflite"))


def encoded(model: Path, part: VisionPart) -> Floats:
    graph = TfliteVisionGraph(model, part, threads=1)
    assert isinstance(graph._engine, Packed)
    out = np.empty((1, part.n_tok, part.n_embd), np.float32)
    graph.run(pixels(part), out)
    graph.close()
    return out


def interpreted(part: VisionPart) -> Floats:
    out = np.empty((1, part.n_tok, part.n_embd), np.float32)
    TfliteVisionGraph(resources.bundled_model() / part.file, part, threads=1).run(pixels(part), out)
    return out


def test_packed_weights_are_kept_and_give_the_same_tokens(model: Path, part: VisionPart) -> None:
    first = encoded(model, part)
    kept = model.with_suffix(SUFFIX).stat()
    np.testing.assert_array_equal(encoded(model, part), first)
    assert model.with_suffix(SUFFIX).stat().st_mtime_ns == kept.st_mtime_ns
    assert {path.name for path in model.parent.iterdir()} == {"vision.tflite", f"vision{SUFFIX}"}
    np.testing.assert_allclose(first, interpreted(part), atol=1e-4)


@pytest.mark.parametrize("damage", ["truncated", "garbage", "older"])
def test_what_is_no_use_is_made_anew(model: Path, part: VisionPart, damage: str) -> None:
    first = encoded(model, part)
    packed = model.with_suffix(SUFFIX)
    match damage:
        case "truncated":
            os.truncate(packed, packed.stat().st_size // 2)
        case "garbage":
            packed.write_bytes(b"\x05" * 100_000)
        case "older":
            os.utime(packed, (0, 0))
    np.testing.assert_array_equal(encoded(model, part), first)
    assert packed.stat().st_mtime_ns > model.stat().st_mtime_ns


def test_where_nothing_can_be_written_it_does_without(model: Path, part: VisionPart) -> None:
    model.with_suffix(SUFFIX).mkdir()
    np.testing.assert_allclose(encoded(model, part), interpreted(part), atol=1e-4)


def test_a_large_file_that_is_no_model_is_refused_in_one_line(
    model: Path, part: VisionPart, capfd: pytest.CaptureFixture[str]
) -> None:
    model.write_bytes(model.read_bytes()[:100_000])
    with pytest.raises(MortarError) as caught:
        TfliteVisionGraph(model, part, threads=1)
    assert caught.value.code == "vision-model-unusable" and "\n" not in caught.value.what
    assert capfd.readouterr().err == ""
