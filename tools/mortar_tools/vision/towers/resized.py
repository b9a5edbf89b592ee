"""A tower for pictures of another size, patches of another size, or fewer tokens, with the weights it has.

Nothing is trained. What a change costs in accuracy is for whoever measures the whole model
(`mortar tools tune vision`).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from mortar_tools.vision.towers.shape import Projector, TowerShape
from mortar_tools.vision.towers.tower import Tower


@torch.no_grad()
def resized(tower: Tower, shape: TowerShape) -> Tower:
    """`tower` in `shape`, which is its own but for picture, patch and shuffle (`TowerShape.resized`).

    Positions are interpolated (bicubic, as SigLIP's are for other resolutions). Patches of another size are
    seen as if they were enlarged to the old one. Fewer tokens are the means of the old ones.
    """
    before = tower.shape
    changed = Tower(shape)
    weights = {key: value.clone() for key, value in tower.state_dict().items()}
    weights["position"] = _positions(tower.position, before.grid, shape.grid)
    weights["patch.weight"] = _kernel(tower.patch.weight, shape.patch_px)
    merged = shape.shuffle // before.shuffle
    weights["project.weight"] = _merged(tower.project.weight, before, merged)
    changed.load_state_dict(weights)
    return changed.eval()


def _positions(position: Tensor, before: int, after: int) -> Tensor:
    """[before², width] → [after², width]."""
    if after == before:
        return position.clone()
    grid = position.T.reshape(1, -1, before, before)
    wide = F.interpolate(grid, size=(after, after), mode="bicubic", align_corners=False, antialias=True)
    return wide.reshape(position.shape[1], after * after).T.contiguous()


def _kernel(kernel: Tensor, after: int) -> Tensor:
    """[width, 3, before, before] → [width, 3, after, after]: what it answers to a patch resized to `before`.

    A resize is linear: small = R·x, so kernel·(R·x) = (Rᵀ·kernel)·x (FlexiViT uses its pseudo-inverse for
    the way back; the forward matrix is exact here).
    """
    before = kernel.shape[-1]
    if after == before:
        return kernel.clone()
    unit = torch.eye(after * after).view(after * after, 1, after, after)
    rows = F.interpolate(unit, size=(before, before), mode="bilinear", align_corners=False, antialias=True)
    matrix = rows.view(after * after, before * before)
    flat = kernel.reshape(-1, before * before) @ matrix.T
    return flat.view(*kernel.shape[:2], after, after)


def _merged(weight: Tensor, shape: TowerShape, merged: int) -> Tensor:
    """The projector [out, shuffle²·width] of squares of shuffle·merged patches, as the mean over its old
    squares: exact for a projector without a norm and with one layer."""
    if merged == 1:
        return weight.clone()
    if shape.projector is Projector.MLP or shape.projector_norm:
        raise ValueError("the mean of tokens is no projection where there is more than one linear layer")
    s, out = shape.shuffle, weight.shape[0]
    square = weight.view(out, s, s, shape.width) / merged**2
    return square.repeat(1, merged, merged, 1).reshape(out, -1)
