"""An encoder in two halves: patches on the processor, blocks on the NPU, at the same time."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mortar import resources
from mortar.drivers.kernel import Kernel
from mortar.errors import MortarError
from mortar.runtimes import forms
from mortar.runtimes.forms import Role
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.place import Site
from mortar.runtimes.rknn import place
from mortar.runtimes.rknn.graph import Shape
from mortar.runtimes.tflite import TfliteVisionGraph
from mortar.runtimes.vision import Batches, Pipeline
from mortar.settings import Eye
from npu_stub import expected, model_text

MODEL = ModelFolder(resources.bundled_model())
PART = MODEL.manifest.vision

HANDED_OVER = Shape("float32", (1, PART.n_tok, PART.n_embd))
"""The encoder that ships stands in for a tower's patches: both make rows of floats of pictures."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where forms of the bundled model are looked for."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = forms.folders(MODEL)[1]
    made.mkdir(parents=True)
    return made


@pytest.fixture
def board(tmp_path: Path) -> Kernel:
    """An RK3588 with driver and librknnrt."""
    root = tmp_path / "board"
    for name, text in {
        "proc/device-tree/compatible": "rockchip,rk3588\0",
        "sys/class/devfreq/fdab0000.npu/cur_freq": "1000000000\n",
        place.RUNTIME: "librknnrt version: 2.5.0 (stub)",
    }.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text)
    return Kernel(root)


def add_form(folder: Path, role: Role, runtime: str, soc: str, source: Path | str) -> None:
    """A compiled file and its sidecar."""
    name = f"vision-{role}-{soc or 'cpu'}-f16-1x128x128"
    file = folder / f"{name}.{runtime}"
    if isinstance(source, Path):
        shutil.copy(source, file)
    else:
        file.write_text(source)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / f"{name}.toml").write_text(
        f'file = "{file.name}"\nsha256 = "{digest}"\nsize_bytes = {file.stat().st_size}\n'
        f'runtime = "{runtime}"\nrole = "{role}"\nprecision = "f16"\nbatch = 1\nsoc = "{soc}"\n'
        f'toolkit = "rknn-toolkit2 2.5.0"\nvision_sha256 = "{PART.sha256}"\n'
    )


def add_patches(folder: Path) -> None:
    add_form(folder, Role.PATCHES, "tflite", "", MODEL.verified(PART))


def add_blocks(folder: Path) -> None:
    add_form(folder, Role.BLOCKS, "rknn", "rk3588", model_text(given=HANDED_OVER, out=HANDED_OVER))


def add_whole(folder: Path) -> None:
    given = Shape("uint8", (1, PART.height_px, PART.width_px, 3))
    add_form(folder, Role.WHOLE, "rknn", "rk3588", model_text(given=given, out=HANDED_OVER))


SITE = Site(Eye(), MODEL, None)


def test_both_halves_together_make_the_tokens(
    folder: Path, board: Kernel, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patches as the processor embeds them, and of those what the NPU makes."""
    monkeypatch.setattr(place, "command", partial(place.command, library=library))
    for add in (add_whole, add_patches, add_blocks):
        add(folder)
    found = place.probe(SITE, board)
    assert found.is_usable and "blocks" in found.reason and "patches" in found.reason
    encoder = place.encoder(SITE, found)
    pictures = np.random.default_rng(7).integers(0, 256, (5, PART.height_px, PART.width_px, 3), np.uint8)
    patches, out = (np.empty((5, PART.n_tok, PART.n_embd), np.float32) for _ in range(2))
    Batches([TfliteVisionGraph(MODEL.verified(PART), PART, threads=1)], PART.n_tok, PART.n_embd).encode(
        pictures, patches
    )
    try:
        encoder.encode(pictures, out)
        assert isinstance(encoder, Pipeline) and encoder.unit == "tflite/cpu+rknn/npu"
    finally:
        encoder.close()
    wanted = np.concatenate([expected(one[np.newaxis], HANDED_OVER) for one in patches])
    np.testing.assert_allclose(out, wanted, atol=1e-4)


@pytest.mark.parametrize("half", [add_patches, add_blocks])
def test_one_half_alone_leaves_the_whole_encoder_where_it_was(
    half: Callable[[Path], None], folder: Path, board: Kernel
) -> None:
    half(folder)
    assert not place.probe(SITE, board).is_usable
    add_whole(folder)
    found = place.probe(SITE, board)
    assert found.is_usable and found.patches == [] and [one.form.role for one in found.forms] == [Role.WHOLE]


def test_a_damaged_half_is_named_and_the_other_is_closed(
    folder: Path, board: Kernel, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "command", partial(place.command, library=library))
    add_patches(folder)
    add_blocks(folder)
    (blocks,) = folder.glob("*blocks*.rknn")
    blocks.write_bytes(blocks.read_bytes()[:-1])
    with pytest.raises(MortarError, match="blocks") as caught:
        place.encoder(SITE, place.probe(SITE, board))
    assert caught.value.code == "model-damaged"
