"""How patches are embedded.

Rockchip's NPU takes no stride of 16: the toolkit computes the convolution at a stride of 4 and throws
most of it away, which for the bundled model is nine tenths of all its cycles. In two steps there is nothing
to throw away: the first lays 4×4 pixels side by side as channels, a convolution of zeros and ones; the
second sums them up.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mortar_tools.vision.convert.algebra import centred, put
from mortar_tools.vision.towers.tower import Tower

MOST_STRIDE = 7
"""Of the NPU's convolutions."""


def first_step(patch_px: int) -> int:
    """Edge of the square of pixels that the first step gathers; 1: one step is enough."""
    if patch_px <= MOST_STRIDE:
        return 1
    edges = [edge for edge in range(2, patch_px) if patch_px % edge == 0]
    # 16 → 4 and then 4; 14 → 2 and then 7. A prime number stays in one.
    return min(edges, key=lambda edge: (max(edge, patch_px // edge), edge), default=1)


class Stem(nn.Module):
    """Pictures [batch, 3, picture_px, picture_px] → [batch, width, grid, grid], without their mean."""

    def __init__(self, tower: Tower, in_two_steps: bool) -> None:
        super().__init__()
        shape = tower.shape
        edge = first_step(shape.patch_px) if in_two_steps else 1
        rest, colours = shape.patch_px // edge, 3 * edge**2
        self.gather = nn.Conv2d(3, colours, edge, stride=edge, bias=False) if edge > 1 else nn.Identity()
        self.embed = nn.Conv2d(colours, shape.width, rest, stride=rest)
        with torch.no_grad():
            if isinstance(self.gather, nn.Conv2d):
                # Channel (row, column, colour) is that colour of that pixel of the square.
                unit = torch.eye(colours).view(colours, edge, edge, 3).permute(0, 3, 1, 2)
                self.gather.weight.copy_(unit)
            weight, bias = centred(tower.patch)
            split = weight.view(shape.width, 3, rest, edge, rest, edge).permute(0, 3, 5, 1, 2, 4)
            put(self.embed, split.reshape(shape.width, colours, rest, rest), bias)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.embed(self.gather(pictures))  # type: ignore[no-any-return]
