"""A GGUF file as a model: what it says of itself takes the manifest's place."""

from __future__ import annotations

import shutil
from pathlib import Path

import gguf
import pytest

from mortar.errors import MortarError
from mortar.runtimes import gguf_file
from mortar.runtimes.manifest import MANIFEST, UNKNOWN
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.projectors import projector
from mortar_tools.fake_model.shapes import SHAPES
from real_models.conftest import Fake

SEEING = [name for name, one in SHAPES.items() if one.tower]


@pytest.fixture
def files(fake: Fake, tmp_path: Path) -> Path:
    """A folder with the two files of a model that sees, and no manifest."""
    return bare(fake("smolvlm-256m"), tmp_path / "bare")


def bare(model: Path, folder: Path) -> Path:
    shutil.copytree(model, folder)
    (folder / MANIFEST).unlink()
    return folder


@pytest.mark.parametrize("name", SEEING)
def test_the_files_say_what_the_manifest_would(fake: Fake, tmp_path: Path, name: str) -> None:
    """Sizes, colours and names; what nobody vouches for is unknown."""
    known = ModelFolder(fake(name)).manifest
    found = ModelFolder(bare(fake(name), tmp_path / "bare")).manifest
    assert found.name == known.name
    assert known.vision is not None and found.vision is not None
    for field in ("file", "size_bytes", "n_tok", "n_embd", "width_px", "height_px"):
        assert getattr(found.vision, field) == getattr(known.vision, field)
    for field in ("mean", "std"):
        assert getattr(found.vision, field) == pytest.approx(getattr(known.vision, field))
    assert found.vision.sha256 == found.language.sha256 == UNKNOWN


def test_a_file_or_its_folder_are_the_same_model(files: Path) -> None:
    (language,) = files.glob("language-*.gguf")
    assert ModelFolder(language).manifest == ModelFolder(files).manifest
    assert ModelFolder(language).path == files


def test_alone_it_knows_text(files: Path) -> None:
    (files / "mmproj-f16.gguf").unlink()
    model = ModelFolder(files)
    assert model.manifest.vision is None
    with pytest.raises(MortarError, match="text alone"):
        _ = model.vision


def test_a_file_that_changed_has_another_identity(files: Path) -> None:
    """What depends on a model's contents can tell, without a hash of gigabytes."""
    model = ModelFolder(files)
    before = model.identity(model.manifest.language)
    path = files / model.manifest.language.file
    path.write_bytes(path.read_bytes())
    assert model.identity(model.manifest.language) != before


def test_the_mmproj_that_fits_is_taken(files: Path, fake: Fake) -> None:
    """By the width of its tokens; where none fits, both are named."""
    other = gguf.GGUFWriter(files / "a-mmproj-of-another.gguf", "clip")
    other.add_vision_projection_dim(999)
    other.write_header_to_file()
    other.write_kv_data_to_file()
    other.write_tensors_to_file()
    other.close()
    assert ModelFolder(files).vision.file == "mmproj-f16.gguf"
    (files / "mmproj-f16.gguf").unlink()
    with pytest.raises(MortarError, match=r"a-mmproj-of-another.*999.*64") as caught:
        ModelFolder(files)
    assert caught.value.code == "models-differ"


def test_of_several_models_none_is_guessed(files: Path) -> None:
    (language,) = files.glob("language-*.gguf")
    shutil.copy(language, files / "another.gguf")
    with pytest.raises(MortarError, match=r"another\.gguf, language-q8_0\.gguf") as caught:
        ModelFolder(files)
    assert caught.value.code == "model-missing"
    assert ModelFolder(language).manifest.language.file == language.name


def test_a_vision_encoder_is_no_model(files: Path) -> None:
    with pytest.raises(MortarError, match="vision encoder"):
        ModelFolder(files / "mmproj-f16.gguf")


def test_an_unknown_projector_names_the_known_ones(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = gguf_file.read(files / "mmproj-f16.gguf")
    header.keys["clip.projector_type"] = "crystal_ball"
    with pytest.raises(MortarError, match="crystal_ball") as caught:
        projector(header)
    assert "idefics3" in caught.value.do


@pytest.mark.parametrize("name", ["language", "mmproj"])
@pytest.mark.parametrize("keep", [0, 3, 30, 0.1, 0.9, -1])
def test_a_file_that_breaks_off_is_named(files: Path, name: str, keep: float) -> None:
    """Wherever that is: in its beginning, its keys, its words, its tensors, by a single byte."""
    (path,) = files.glob(f"{name}-*.gguf")
    data = path.read_bytes()
    path.write_bytes(data[: int(keep if isinstance(keep, int) else keep * len(data))])
    with pytest.raises(MortarError, match=path.name) as caught:
        ModelFolder(files)
    assert caught.value.code == "model-damaged" and "\n" not in str(caught.value)


def test_nonsense_is_no_model(files: Path) -> None:
    (path,) = files.glob("language-*.gguf")
    for nonsense in (b"GGUF" + b"\xff" * 1_000, b"GGUF" + bytes(1_000), b"%PDF-1.7 no model at all"):
        path.write_bytes(nonsense)
        with pytest.raises(MortarError) as caught:
            ModelFolder(files)
        assert path.name in str(caught.value) and "\n" not in str(caught.value)


def test_types_have_the_sizes_that_ggml_gives_them() -> None:
    for kind, size in gguf_file.BLOCKS.items():
        assert size == gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(kind)]
