"""libmtmd as a unit: the bundled model's mmproj file, beside its language model's vocabulary."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats, Pixels
from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.mtmd import MtmdVisionGraph
from mortar.runtimes.tflite import TfliteVisionGraph
from runtimes.parts import pixels

LEAST_COSINE = 0.999
GROWTH_MB = 4


@pytest.fixture(scope="module")
def bundled() -> ModelFolder:
    return ModelFolder(resources.bundled_model())


@pytest.fixture(scope="module")
def graph(bundled: ModelFolder) -> MtmdVisionGraph:
    manifest = bundled.manifest
    mmproj, language = map(bundled.verified, (manifest.extra[MMPROJ], manifest.language))
    return MtmdVisionGraph(mmproj, language, manifest.vision, threads=1)


def encoded(graph: MtmdVisionGraph | TfliteVisionGraph, given: Pixels) -> Floats:
    out = np.empty((1, 16, 256), np.float32)
    graph.run(given, out)
    return out[0]


def test_it_sees_what_the_own_file_sees(graph: MtmdVisionGraph, bundled: ModelFolder) -> None:
    part = bundled.manifest.vision
    ours = TfliteVisionGraph(bundled.verified(part), part, threads=1)
    for seed in range(3):
        given = pixels(part, seed=seed)
        one, other = encoded(graph, given), encoded(ours, given)
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        assert ((one * other).sum(1) / lengths).min() >= LEAST_COSINE
    assert graph.unit == "mtmd/cpu"


def test_it_writes_into_its_own_place_alone(graph: MtmdVisionGraph, bundled: ModelFolder) -> None:
    around = np.full((3, 16, 256), 7, np.float32)
    graph.run(pixels(bundled.manifest.vision), around[1:2])
    assert (around[[0, 2]] == 7).all() and not (around[1] == 7).any()


def test_a_thousand_pictures_leave_nothing_behind(graph: MtmdVisionGraph, bundled: ModelFolder) -> None:
    part = bundled.manifest.vision
    first = encoded(graph, pixels(part))
    before_kB = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(1_000):
        encoded(graph, pixels(part, seed=seed))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kB < GROWTH_MB * 1_000
    assert np.array_equal(encoded(graph, pixels(part)), first)


@pytest.mark.parametrize(("part", "said"), [("mmproj", "can't run"), ("language", "no model")])
def test_a_truncated_file_is_said_in_one_line(
    bundled: ModelFolder, tmp_path: Path, capfd: pytest.CaptureFixture[str], part: str, said: str
) -> None:
    files = {
        "mmproj": bundled.verified(bundled.manifest.extra[MMPROJ]),
        "language": bundled.verified(bundled.manifest.language),
    }
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(files[part].read_bytes()[:5_000])
    files[part] = damaged
    with pytest.raises(MortarError) as caught:
        MtmdVisionGraph(files["mmproj"], files["language"], bundled.manifest.vision, threads=1)
    assert said in caught.value.what and "\n" not in caught.value.what
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("wrong", [{"n_tok": 17}, {"n_embd": 128}], ids=["tokens", "width"])
def test_files_of_two_models_are_told_apart(bundled: ModelFolder, wrong: dict[str, int]) -> None:
    manifest = bundled.manifest
    mmproj, language = map(bundled.verified, (manifest.extra[MMPROJ], manifest.language))
    with pytest.raises(MortarError) as caught:
        MtmdVisionGraph(mmproj, language, replace(manifest.vision, **wrong), threads=1)
    assert caught.value.code == "vision-model-shape"
