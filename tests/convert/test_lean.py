"""The lean graph gives what the tower gives, whatever its shape."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="converting needs the tools extra")

import torch

from mortar_tools.vision.convert.lean import Lean, Target
from mortar_tools.vision.convert.stem import Stem, first_step
from mortar_tools.vision.towers.shape import TowerShape
from mortar_tools.vision.towers.tower import randomised
from small_towers import SHAPES

MOST_DIFFERENCE = 1e-5
"""Of any number, all of them near 1: what float32's order of summing makes."""


@pytest.mark.parametrize("target", list(Target))
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@torch.no_grad()
def test_the_output_is_unchanged(shape: TowerShape, batch: int, target: Target) -> None:
    tower = randomised(shape)
    x = torch.randn(batch, 3, shape.picture_px, shape.picture_px, generator=torch.Generator().manual_seed(2))
    wanted = tower(x)
    assert wanted.shape == (batch, shape.n_tok, shape.n_embd)
    lean = Lean(tower, target)
    assert (lean(x) - wanted).abs().max() < MOST_DIFFERENCE
    assert torch.equal(lean.tokens(lean.patches(x)), lean(x))


@torch.no_grad()
def test_halves_of_a_lean_and_of_a_plain_tower_go_together() -> None:
    """A patch without the mean over its width is the same patch to every norm."""
    tower = randomised(SHAPES["matrix"])
    x = torch.randn(2, 3, 64, 64)
    lean = Lean(tower, Target.ONNX)
    assert (lean.tokens(tower.patches(x)) - tower.tokens(lean.patches(x))).abs().max() < MOST_DIFFERENCE


@pytest.mark.parametrize(("patch_px", "edge"), [(16, 4), (14, 2), (32, 4), (7, 1), (4, 1), (13, 1)])
def test_patches_larger_than_a_stride_are_gathered_in_two_steps(patch_px: int, edge: int) -> None:
    assert first_step(patch_px) == edge


@torch.no_grad()
def test_the_first_step_moves_pixels_and_changes_none() -> None:
    stem = Stem(randomised(SHAPES["matrix"]), in_two_steps=True)
    x = torch.rand(1, 3, 64, 64)
    gathered = stem.gather(x)
    assert gathered.shape == (1, 48, 16, 16)
    assert torch.equal(gathered.flatten().sort().values, x.flatten().sort().values)
