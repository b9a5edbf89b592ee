"""The tower in torch, as it was trained: what every converted form is measured against."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mortar_tools.cards.training.model import Vision
from mortar_tools.vision.towers.shape import Projector, TowerShape

PROJECTOR_NORM_EPS = 1e-5
"""Of the LayerNorm before a projector: torch's own, in LFM2-VL, VILA and llama.cpp alike."""


class Block(nn.Module):
    """Pre-norm transformer block; every patch attends to every other."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.heads, self.gelu = shape.heads, shape.gelu
        self.ln1 = nn.LayerNorm(shape.width, eps=shape.norm_eps)
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.ln2 = nn.LayerNorm(shape.width, eps=shape.norm_eps)
        self.up = nn.Linear(shape.width, shape.mlp)
        self.down = nn.Linear(shape.mlp, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, patches, width] → the same."""
        batch, patches, width = x.shape
        qkv = self.qkv(self.ln1(x)).view(batch, patches, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind()
        weights = (q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)).softmax(-1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(batch, patches, width))
        inner = F.gelu(self.up(self.ln2(x)), approximate="tanh" if self.gelu == "tanh" else "none")
        return x + self.down(inner)  # type: ignore[no-any-return]


class Tower(nn.Module):
    """Picture → image tokens. The names of the weights are those of the bundled model's tower."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.shape = shape
        self.patch = nn.Conv2d(3, shape.width, shape.patch_px, stride=shape.patch_px)
        self.position = nn.Parameter(torch.zeros(shape.patches, shape.width))
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.post = nn.LayerNorm(shape.width, eps=shape.norm_eps)
        if shape.projector_norm:
            self.project_norm = nn.LayerNorm(shape.gathered, eps=PROJECTOR_NORM_EPS)
        first = shape.hidden or shape.n_embd
        self.project = nn.Linear(shape.gathered, first, bias=shape.projector is not Projector.MATRIX)
        if shape.projector is Projector.MLP:
            self.project_out = nn.Linear(shape.hidden, shape.n_embd)

    def patches(self, pictures: Tensor) -> Tensor:
        """Normalised [batch, 3, picture_px, picture_px] → [batch, patches, width], positions added."""
        return self.patch(pictures).flatten(2).transpose(1, 2) + self.position

    def tokens(self, patches: Tensor) -> Tensor:
        """[batch, patches, width] → [batch, n_tok, n_embd]."""
        for block in self.blocks:
            patches = block(patches)
        x = unshuffle(self.post(patches), self.shape)
        if self.shape.projector_norm:
            x = self.project_norm(x)
        x = self.project(x)
        if self.shape.projector is Projector.MLP:
            x = self.project_out(F.gelu(x, approximate="tanh"))
        return x

    def forward(self, pictures: Tensor) -> Tensor:
        """[batch, 3, picture_px, picture_px] → [batch, n_tok, n_embd]."""
        return self.tokens(self.patches(pictures))


def unshuffle(x: Tensor, shape: TowerShape) -> Tensor:
    """[batch, patches, width] → [batch, n_tok, gathered]: s×s neighbours side by side, row by row."""
    if shape.shuffle == 1:
        return x
    batch, s, side = x.shape[0], shape.shuffle, shape.side_tok
    if shape.padding:
        x = x.view(batch, shape.grid, shape.grid, shape.width)
        x = F.pad(x, (0, 0, 0, shape.padding, 0, shape.padding))
    # Rows of patches are left whole as long as can be, so that four dimensions are enough for the NPU.
    x = x.reshape(batch * side, s, side, s * shape.width).transpose(1, 2)
    return x.reshape(batch, side * side, shape.gathered)


def of_cards(vision: Vision) -> Tower:
    """The bundled model's tower, weight by weight."""
    cards = vision.shape
    tower = Tower(
        TowerShape(
            picture_px=cards.picture,
            patch_px=cards.patch,
            width=cards.vision_width,
            layers=cards.vision_layers,
            heads=cards.vision_heads,
            mlp=cards.vision_mlp,
            n_embd=cards.width,
            shuffle=cards.shuffle,
            norm_eps=vision.post.eps,
        )
    )
    tower.load_state_dict(vision.state_dict())
    return tower.eval()


def randomised(shape: TowerShape, seed: int = 0) -> Tower:
    """A tower of random weights, large enough that pictures stay told apart: for benches and tests."""
    random = torch.Generator().manual_seed(seed)
    tower = Tower(shape)
    with torch.no_grad():
        for name, weights in tower.named_parameters():
            if weights.ndim > 1:
                spread = 0.5 if name == "position" else (3 * weights[0].numel()) ** -0.5
                weights.normal_(0, spread, generator=random)
            elif name.endswith("bias"):
                weights.normal_(0, 0.02, generator=random)
            else:
                weights.normal_(1, 0.1, generator=random)
    return tower.eval()


def facts(shape: TowerShape) -> dict[str, Any]:
    """The shape as a table for a sidecar or a report."""
    return {**asdict(shape), "gelu": str(shape.gelu), "projector": str(shape.projector)}
