"""ONNX: our own towers, and the files of others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="converting needs the tools extra")
pytest.importorskip("onnx", reason="converting needs the tools extra")

import onnx
import torch
from torch import Tensor, nn

from mortar.errors import MortarError
from mortar.runtimes.forms import Role
from mortar_tools.vision.convert import foreign, onnx_file
from mortar_tools.vision.convert.agreement import by_onnx, by_torch
from mortar_tools.vision.convert.lean import Lean, Target
from mortar_tools.vision.towers.shape import TowerShape
from mortar_tools.vision.towers.tower import randomised
from small_towers import SHAPES, SMALL

MOST_DIFFERENCE = 1e-5


def pictures(n: int, edge: int = 64) -> np.ndarray:
    return np.random.default_rng(4).standard_normal((n, 3, edge, edge)).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("batch", [1, 4])
def test_a_tower_is_written_with_fewer_operators_and_the_same_output(
    shape: TowerShape, batch: int, tmp_path: Path
) -> None:
    tower = randomised(shape)
    plain, lean = tmp_path / "plain.onnx", tmp_path / "lean.onnx"
    onnx_file.write(tower, Role.WHOLE, batch, plain)
    onnx_file.write(Lean(tower, Target.ONNX), Role.WHOLE, batch, lean)
    x = pictures(batch, shape.picture_px)
    assert np.abs(by_onnx(lean, x) - by_torch(tower, x)).max() < MOST_DIFFERENCE
    assert onnx_file.operators(lean).total() < onnx_file.operators(plain).total()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lean.onnx", "plain.onnx"]


def test_the_two_halves_in_a_row_are_the_whole(tmp_path: Path) -> None:
    lean, x = Lean(randomised(SMALL), Target.ONNX), pictures(2)
    for role in Role:
        onnx_file.write(lean, role, 2, tmp_path / f"{role}.onnx")
    patches = by_onnx(tmp_path / "patches.onnx", x)
    assert patches.shape == (2, SMALL.patches, SMALL.width)
    difference = by_onnx(tmp_path / "blocks.onnx", patches) - by_onnx(tmp_path / "whole.onnx", x)
    assert np.abs(difference).max() < MOST_DIFFERENCE


def test_the_toolkit_reads_the_file(tmp_path: Path) -> None:
    """rknn-toolkit2 2.5.0 takes ONNX up to 1.17 (IR 10), operator set up to 19."""
    path = tmp_path / "it.onnx"
    onnx_file.write(Lean(randomised(SMALL), Target.ONNX), Role.WHOLE, 1, path)
    model = onnx.load(path)
    assert model.ir_version <= 10 and [one.version for one in model.opset_import] == [onnx_file.OPSET]
    assert [one.name for one in (*model.graph.input, *model.graph.output)] == ["picture", "tokens"]


class WrittenOut(nn.Module):
    """A norm in as many operators as older exporters make of it."""

    def __init__(self, norm: nn.LayerNorm, square: bool) -> None:
        super().__init__()
        self.norm, self.square = norm, square

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        squared = centred**2 if self.square else centred * centred
        variance = squared.mean(-1, keepdim=True)
        return centred / (variance + self.norm.eps).sqrt() * self.norm.weight + self.norm.bias


class Theirs(nn.Module):
    """A small encoder as somebody else writes one: Q, K and V apart, scores divided, norms written out."""

    def __init__(self, channels_last: bool) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.channels_last = channels_last
        self.patch = nn.Conv2d(3, 32, 16, stride=16)
        norm = nn.LayerNorm(32)
        nn.init.normal_(norm.weight, 1, 0.2)
        nn.init.normal_(norm.bias, 0, 0.2)
        self.norm = WrittenOut(norm, square=channels_last)
        self.q, self.k, self.v, self.out = (nn.Linear(32, 32) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        if self.channels_last:
            x = x.permute(0, 3, 1, 2)
        x = self.patch(x).flatten(2).transpose(1, 2)
        normed = self.norm(x)
        q, k, v = (layer(normed).view(-1, 16, 2, 16).transpose(1, 2) for layer in (self.q, self.k, self.v))
        scores = q @ k.transpose(-1, -2) / 4.0
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(-1, 16, 32)
        return x + self.out(mixed)


def export(module: nn.Module, path: Path, *, channels_last: bool, opset: int = 17, free: bool = True) -> Path:
    shape = (1, 64, 64, 3) if channels_last else (1, 3, 64, 64)
    torch.onnx.export(
        module.eval(),
        (torch.zeros(shape),),
        str(path),
        dynamo=False,
        opset_version=opset,
        input_names=["pixel_values"],
        output_names=["embeddings"],
        dynamic_axes={"pixel_values": {0: "b"}, "embeddings": {0: "b"}} if free else None,
    )
    return path


@pytest.mark.parametrize("channels_last", [False, True], ids=["NCHW", "NHWC"])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("opset", [14, 17])
def test_a_foreign_file_is_fused_and_gives_the_same(
    channels_last: bool, batch: int, opset: int, tmp_path: Path
) -> None:
    source = export(Theirs(channels_last), tmp_path / "theirs.onnx", channels_last=channels_last, opset=opset)
    foreign.write(source, batch, tmp_path / "ours.onnx")
    x = pictures(batch)
    difference = by_onnx(tmp_path / "ours.onnx", x) - foreign.reference(source, x)
    assert np.abs(difference).max() < MOST_DIFFERENCE
    operators = onnx_file.operators(tmp_path / "ours.onnx")
    assert operators["LayerNormalization"] == 1
    assert not {"ReduceMean", "Sqrt", "Div", "Pow", "Shape", "Gather"} & set(operators)


def test_what_a_foreign_encoder_takes_and_gives_is_found(tmp_path: Path) -> None:
    source = export(Theirs(True), tmp_path / "theirs.onnx", channels_last=True)
    assert foreign.ends(source) == foreign.Ends(64, 64, 16, 32, channels_last=True)


class Scaled(nn.Module):
    """Norms whose results something else needs too, and a scale behind a layer that two use."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.patch, self.linear = nn.Conv2d(3, 32, 16, stride=16), nn.Linear(32, 32)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        y = self.linear(x)
        centred = y - y.mean(-1, keepdim=True)
        return centred / (centred.pow(3).mean(-1, keepdim=True) ** 2 + 1).sqrt() + y * 3 + y


def test_what_only_looks_like_a_pattern_is_left_alone(tmp_path: Path) -> None:
    source = export(Scaled(), tmp_path / "theirs.onnx", channels_last=False)
    foreign.write(source, 1, tmp_path / "ours.onnx")
    x = pictures(1)
    difference = by_onnx(tmp_path / "ours.onnx", x) - foreign.reference(source, x)
    assert np.abs(difference).max() < MOST_DIFFERENCE


class Wrong(nn.Module):
    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions
        self.patch = nn.Conv2d(3, 32, 16, stride=16)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.patch(x)
        return out if self.dimensions == 4 else out.flatten(1)


@pytest.mark.parametrize("dimensions", [2, 4])
def test_an_encoder_of_another_shape_is_one_clear_line(dimensions: int, tmp_path: Path) -> None:
    source = export(Wrong(dimensions), tmp_path / "theirs.onnx", channels_last=False)
    with pytest.raises(MortarError, match="give an encoder float32") as caught:
        foreign.ends(source)
    assert caught.value.code == "onnx-unusable"


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x08\x12\x00"])
def test_a_file_that_is_none_is_one_clear_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "it.onnx").write_bytes(content)
    with pytest.raises(MortarError) as caught:
        foreign.ends(tmp_path / "it.onnx")
    assert caught.value.code == "onnx-unusable"


def test_operators_newer_than_the_toolkits_are_refused(tmp_path: Path) -> None:
    source = export(Theirs(False), tmp_path / "theirs.onnx", channels_last=False, opset=20)
    with pytest.raises(MortarError, match="operator set 20"):
        foreign.ends(source)


def test_operators_that_nobody_knows_are_one_clear_line(tmp_path: Path) -> None:
    source = export(Theirs(False), tmp_path / "theirs.onnx", channels_last=False)
    model = onnx.load(source)
    model.opset_import.append(onnx.helper.make_opsetid("somebody.else", 1))
    softmax = next(node for node in model.graph.node if node.op_type == "Softmax")
    softmax.op_type, softmax.domain = "Warp", "somebody.else"
    onnx.save(model, source)
    with pytest.raises(MortarError) as caught:
        foreign.write(source, 1, tmp_path / "ours.onnx")
    assert caught.value.code == "onnx-unusable"


class OneAtATime(Theirs):
    """Its shapes are written down for one picture."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).reshape(1, 16, 32)


def test_a_file_for_one_picture_is_not_made_one_for_four(tmp_path: Path) -> None:
    source = export(OneAtATime(False), tmp_path / "theirs.onnx", channels_last=False)
    foreign.write(source, 1, tmp_path / "one.onnx")
    with pytest.raises(MortarError) as caught:
        foreign.write(source, 4, tmp_path / "four.onnx")
    assert caught.value.code in ("onnx-batch", "onnx-unusable")
