"""The model's folder and the vision encoder's file: what is wrong with them is said by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.manifest import MANIFEST
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.tflite import TfliteVisionGraph


@pytest.fixture(scope="module")
def bundled() -> ModelFolder:
    return ModelFolder(resources.bundled_model())


def encoder(path: Path, bundled: ModelFolder, n_tok: int | None = None) -> TfliteVisionGraph:
    part = bundled.manifest.vision
    return TfliteVisionGraph(path, replace(part, n_tok=n_tok or part.n_tok), threads=1)


def test_the_bundled_model_is_the_one_its_manifest_names(bundled: ModelFolder) -> None:
    for part in (bundled.manifest.vision, bundled.manifest.language):
        assert bundled.verified(part).stat().st_size == part.size_bytes


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("n_tok = 16", "n_tok = 0"), "vision.n_tok"),
        (("n_tok = 16", "tokens = 16"), "tokens"),
        (("[prompt]", "[prompt"), "manifest.toml"),
    ],
)
def test_a_wrong_manifest_is_refused_by_key(
    bundled: ModelFolder, tmp_path: Path, change: tuple[str, str], named: str
) -> None:
    text = (bundled.path / MANIFEST).read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / MANIFEST).write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(MortarError) as caught:
        ModelFolder(tmp_path)
    assert caught.value.code == "model-manifest-wrong" and named in caught.value.what


EXTRA = '\n[extra.mmproj]\nfile = "vision.gguf"\nsha256 = "{}"\nsize_bytes = 3\n'


def test_files_of_other_formats_are_vouched_for_as_well(bundled: ModelFolder, tmp_path: Path) -> None:
    """The program doesn't read them; whoever does finds them whole, or learns that they are not."""
    text = (bundled.path / MANIFEST).read_text(encoding="utf-8")
    before_extra = text.partition("\n[extra.")[0]
    digest = hashlib.sha256(b"abc").hexdigest()
    (tmp_path / MANIFEST).write_text(before_extra + EXTRA.format(digest), encoding="utf-8")
    (tmp_path / "vision.gguf").write_bytes(b"abc")
    folder = ModelFolder(tmp_path)
    assert folder.verified(folder.manifest.extra["mmproj"]) == tmp_path / "vision.gguf"
    (tmp_path / "vision.gguf").write_bytes(b"abd")
    with pytest.raises(MortarError) as caught:
        folder.verified(folder.manifest.extra["mmproj"])
    assert caught.value.code == "model-damaged"


def test_a_folder_without_a_manifest_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(MortarError) as caught:
        ModelFolder(tmp_path)
    assert caught.value.code == "model-missing" and str(tmp_path) in caught.value.what


@pytest.mark.parametrize("data", [b"", b"garbage " * 500])
def test_a_file_that_is_no_tflite_model_is_named(bundled: ModelFolder, tmp_path: Path, data: bytes) -> None:
    """As the engine itself finds it; the manifest finds it first."""
    path = tmp_path / "vision.tflite"
    path.write_bytes(data)
    with pytest.raises(MortarError) as caught:
        encoder(path, bundled)
    assert caught.value.code == "vision-model-unusable"
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_model_of_another_shape_is_refused(bundled: ModelFolder) -> None:
    """Files of two models were mixed: it would write past its slot."""
    path = bundled.verified(bundled.manifest.vision)
    with pytest.raises(MortarError, match="instead of") as caught:
        encoder(path, bundled, n_tok=15)
    assert caught.value.code == "vision-model-shape"


def test_the_output_is_written_where_it_is_wanted(bundled: ModelFolder) -> None:
    """Into the caller's memory and nowhere else; each picture anew."""
    vision = encoder(bundled.verified(bundled.manifest.vision), bundled)
    part = bundled.manifest.vision
    around = np.full((3, part.n_tok, part.n_embd), 7, np.float32)
    dark, bright = (np.full((1, part.height_px, part.width_px, 3), v, np.uint8) for v in (0, 255))
    vision.run(dark, around[1:2])
    first = around[1].copy()
    vision.run(bright, around[1:2])
    assert not np.array_equal(around[1], first)
    vision.run(dark, around[1:2])
    assert np.array_equal(around[1], first)
    assert (around[[0, 2]] == 7).all()


def test_loading_says_nothing_on_standard_error(
    bundled: ModelFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    """Standard error is for errors; TensorFlow Lite greets there."""
    encoder(bundled.verified(bundled.manifest.vision), bundled)
    assert capfd.readouterr().err == ""
