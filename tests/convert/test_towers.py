"""Towers: the bundled model's, those of llama.cpp's files, and random ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="towers need the tools extra")
pytest.importorskip("gguf", reason="towers need the tools extra")

import gguf
import torch

from mortar import resources
from mortar.errors import MortarError, UsageError
from mortar_tools.cards.training.model import Shape, Vision
from mortar_tools.vision.towers import mmproj
from mortar_tools.vision.towers.mmproj import Kind
from mortar_tools.vision.towers.read_mmproj import read
from mortar_tools.vision.towers.shape import TowerShape
from mortar_tools.vision.towers.tower import Tower, of_cards, randomised
from small_towers import SHAPES, SMALL


def pictures(shape: TowerShape, n: int = 2) -> torch.Tensor:
    return torch.randn(n, 3, shape.picture_px, shape.picture_px, generator=torch.Generator().manual_seed(5))


@torch.no_grad()
def same(ours: Tower, theirs: Tower, tolerance: float = 1e-6) -> bool:
    x = pictures(ours.shape)
    return torch.allclose(ours(x), theirs(x), atol=tolerance)


@torch.no_grad()
def test_the_bundled_models_tower_gives_what_training_had() -> None:
    torch.manual_seed(1)
    vision = Vision(Shape(vision_width=64, vision_layers=2, vision_heads=2, vision_mlp=96)).eval()
    x = torch.randn(2, 3, 128, 128)
    assert torch.equal(of_cards(vision)(x), vision(x))


def test_the_bundled_mmproj_read_and_written_again_is_the_same_file(tmp_path: Path) -> None:
    """So a fresh clone has the tower without a checkpoint."""
    shipped = resources.bundled_model() / "vision-mmproj-f16.gguf"
    mmproj.write(read(shipped), "mortar cards base vision", "Apache-2.0", tmp_path / "again.gguf")
    assert (tmp_path / "again.gguf").read_bytes() == shipped.read_bytes()


def test_an_odd_grid_is_padded_before_it_is_reduced() -> None:
    """BlueLM-V-3B's SigLIP: 27×27 patches, 28×28 with zeros, 14×14 tokens."""
    assert TowerShape(384 - 6, 14, 8, 1, 1, 8, 8, shuffle=2).n_tok == 196
    tower = randomised(SHAPES["odd grid"])
    assert tower.shape.grid == 5 and tower.shape.n_tok == 9
    last_row = slice(6, 9)
    with torch.no_grad():
        # The lower half of the last row's squares is padding: what stands there cannot matter.
        tower.project.weight.view(32, 2, 2, 64)[:, 1] += 1
        before = randomised(SHAPES["odd grid"])(pictures(tower.shape))
        after = tower(pictures(tower.shape))
    assert torch.equal(before[:, last_row], after[:, last_row])
    assert not torch.allclose(before[:, :6], after[:, :6])


def test_a_shape_that_cannot_be_is_said() -> None:
    with pytest.raises(UsageError, match="heads does not divide width"):
        replace(SMALL, heads=5)


def test_random_towers_are_the_same_again_and_tell_pictures_apart() -> None:
    tower = randomised(SMALL)
    assert same(tower, randomised(SMALL))
    with torch.no_grad():
        one, other = tower(pictures(SMALL)).flatten(1)
    assert torch.nn.functional.cosine_similarity(one, other, dim=0) < 0.9


WRITTEN = [
    ("matrix", Kind.LFM2),
    ("matrix", Kind.IDEFICS3),
    ("mlp", Kind.LFM2),
    ("norm before the projector", Kind.LFM2),
    ("no reduction", Kind.JANUS_PRO),
]


@pytest.mark.parametrize(("name", "kind"), WRITTEN)
def test_a_tower_comes_back_out_of_its_mmproj(name: str, kind: Kind, tmp_path: Path) -> None:
    tower = halved(randomised(SHAPES[name]))
    mmproj.write(tower, "test", "Apache-2.0", tmp_path / "it.gguf", kind)
    back = read(tmp_path / "it.gguf")
    assert back.shape == tower.shape
    assert same(tower, back)


@torch.no_grad()
def halved(tower: Tower) -> Tower:
    """With weights that float16 has."""
    for weights in tower.parameters():
        weights.copy_(weights.half().float())
    return tower


@pytest.mark.parametrize(
    ("name", "kind"),
    [("erf", Kind.LFM2), ("no reduction", Kind.LFM2), ("odd grid", Kind.LFM2), ("matrix", Kind.MLP)],
)
def test_what_llama_cpp_would_compute_otherwise_is_not_written(name: str, kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(MortarError) as caught:
        mmproj.write(randomised(SHAPES[name]), "test", "Apache-2.0", tmp_path / "it.gguf", kind)
    assert caught.value.code == "mmproj-shape" and not (tmp_path / "it.gguf").exists()


def rewritten(tower: Tower, path: Path, change: dict[str, object], kind: Kind = Kind.LFM2) -> Path:
    """An mmproj of `tower` as other exporters write it: `change` gives or removes keys and tensors."""
    writer = gguf.GGUFWriter(path, "clip")
    mmproj.add_shape(writer, tower.shape, kind)
    tensors: dict[str, object] = dict(mmproj.tensors(tower, Kind.LFM2)) | change
    for name, values in tensors.items():
        if isinstance(values, np.ndarray):
            writer.add_tensor(name, np.ascontiguousarray(values, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_separate_q_k_and_v_and_swapped_layers_are_put_right(tmp_path: Path) -> None:
    """As the converters of llama.cpp write and wrote them."""
    tower = randomised(SMALL)
    named = mmproj.tensors(tower, Kind.LFM2)
    change: dict[str, object] = {}
    for layer in range(SMALL.layers):
        for one in ("weight", "bias"):
            there = f"v.blk.{layer}"
            parts = np.split(named[f"{there}.attn_qkv.{one}"], 3)
            change[f"{there}.attn_qkv.{one}"] = None
            change |= {f"{there}.attn_{x}.{one}": part for x, part in zip("qkv", parts, strict=True)}
            change[f"{there}.ffn_up.{one}"] = named[f"{there}.ffn_down.{one}"]
            change[f"{there}.ffn_down.{one}"] = named[f"{there}.ffn_up.{one}"]
    assert same(tower, read(rewritten(tower, tmp_path / "it.gguf", change)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"v.class_embd": np.zeros(64, np.float32)}, "class token"),
        ({"v.pre_ln.weight": np.zeros(64, np.float32)}, "norm before its blocks"),
        ({"v.patch_embd.weight": None}, "has no v.patch_embd.weight"),
        ({"v.post_ln.weight": np.zeros(32, np.float32)}, "do not fit together"),
    ],
)
def test_a_tower_of_another_kind_is_one_clear_line(
    change: dict[str, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(MortarError, match=said) as caught:
        read(rewritten(randomised(SMALL), tmp_path / "it.gguf", change))
    assert caught.value.code == "mmproj-unreadable"


@pytest.mark.parametrize("content", [b"", b"garbage", b"GGUF" + b"\xff" * 60])
def test_a_file_that_is_none_is_one_clear_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "it.gguf").write_bytes(content)
    with pytest.raises(MortarError) as caught:
        read(tmp_path / "it.gguf")
    assert caught.value.code == "mmproj-unreadable"
