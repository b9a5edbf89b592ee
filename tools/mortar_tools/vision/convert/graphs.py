"""The graphs that a tower is cut into."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mortar.runtimes.forms import Role
from mortar_tools.vision.convert.lean import Lean
from mortar_tools.vision.towers.shape import TowerShape
from mortar_tools.vision.towers.tower import Tower


class Graph(nn.Module):
    """One part of a tower, with one input and one output."""

    def __init__(self, tower: Tower | Lean, role: Role, channels_last: bool) -> None:
        super().__init__()
        self.tower, self.role, self.channels_last = tower, role, channels_last

    def forward(self, x: Tensor) -> Tensor:
        """[batch, 3, h, w], or [batch, h, w, 3] where channels_last, or [batch, patches, width]."""
        if self.role is Role.BLOCKS:
            return self.tower.tokens(x)
        if self.channels_last:
            x = x.permute(0, 3, 1, 2)
        if self.role is Role.PATCHES:
            return self.tower.patches(x)
        return self.tower(x)  # type: ignore[no-any-return]


def given(shape: TowerShape, role: Role, batch: int, channels_last: bool) -> Tensor:
    """Zeros in the shape of a graph's input."""
    if role is Role.BLOCKS:
        return torch.zeros(batch, shape.patches, shape.width)
    edge = shape.picture_px
    return torch.zeros(batch, edge, edge, 3) if channels_last else torch.zeros(batch, 3, edge, edge)
