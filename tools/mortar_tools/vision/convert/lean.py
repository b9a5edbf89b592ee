"""The tower with fewer operators for the same numbers: what is exported.

Everything here is exact algebra on the weights, worked out in float64:

- A LayerNorm's gain and shift go into the linear layer behind it; attention's 1/√head_dim into Q's weights.
- A LayerNorm takes the mean off whatever reaches it, so nothing changes when every layer that writes to
  the residual stream writes without its mean in the first place. Then there is no mean left to take off.
- Batch and patches are one dimension wherever the batch does not matter, so that a linear layer is one
  operator without reshapes around it. Q, K and V stay three: rknn-toolkit2 cuts a merged one in three, and
  TFLite would slice it.
- Pixel unshuffle and projector are one convolution whose kernel is the square of patches.
- For the NPU the patches are embedded in two steps, `Stem`.
"""

from __future__ import annotations

from enum import StrEnum

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mortar_tools.vision.convert.algebra import behind, centred, put
from mortar_tools.vision.convert.stem import Stem
from mortar_tools.vision.towers.shape import Gelu, Projector, TowerShape
from mortar_tools.vision.towers.tower import Block, Tower, unshuffle


class Target(StrEnum):
    """What the graph is written for."""

    ONNX = "onnx"
    """The NPU's toolkit makes one operator each of LayerNormalization, of torch's GELU and of attention."""
    TFLITE = "tflite"
    """It has no norm: one is a square, a small matrix product, a root and a division, which XNNPACK has."""


class Norm(nn.Module):
    """A LayerNorm without gain and shift, of rows whose mean is 0."""

    def __init__(self, width: int, eps: float, target: Target) -> None:
        super().__init__()
        self.eps, self.target = eps, target
        self.register_buffer("ones", torch.ones(width), persistent=False)
        self.register_buffer("zeros", torch.zeros(width), persistent=False)
        self.ones: Tensor
        self.zeros: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """[rows, width] → the same."""
        if self.target is Target.ONNX:
            return F.layer_norm(x, self.ones.shape, self.ones, self.zeros, self.eps)
        mean = self.ones[None] / len(self.ones)
        return x / F.linear(x * x, mean, torch.full((1,), self.eps)).sqrt()


SLICE = 256
"""Patches whose attention to all the others a CPU works out at a time."""


class LeanBlock(nn.Module):
    """One block on [batch·patches, width]."""

    def __init__(self, shape: TowerShape, target: Target) -> None:
        super().__init__()
        self.shape = shape
        self.at_once = SLICE if target is Target.TFLITE else shape.patches
        self.norm = Norm(shape.width, shape.norm_eps, target)
        self.q = nn.Linear(shape.width, shape.width)
        self.k = nn.Linear(shape.width, shape.width)
        self.v = nn.Linear(shape.width, shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.up = nn.Linear(shape.width, shape.mlp)
        self.down = nn.Linear(shape.mlp, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch·patches, width] → the same."""
        x = x + self.out(self._attended(self.norm(x)))
        inner = F.gelu(self.up(self.norm(x)), approximate="tanh" if self.shape.gelu is Gelu.TANH else "none")
        return x + self.down(inner)  # type: ignore[no-any-return]

    def _attended(self, x: Tensor) -> Tensor:
        shape, rows = self.shape, len(x)
        batch = rows // shape.patches
        q, v = (self._heads(linear(x), batch) for linear in (self.q, self.v))
        k = self._heads(self.k(x), batch, as_columns=True)
        if shape.patches > self.at_once:
            mixed = torch.cat([_mixed(some, k, v) for some in q.split(self.at_once, 1)], 1)
        else:
            mixed = _mixed(q, k, v)
        if batch > 1:
            mixed = mixed.view(batch, shape.heads, shape.patches, shape.head_dim)
        return mixed.transpose(-2, -3).reshape(rows, shape.width)

    def _heads(self, x: Tensor, batch: int, as_columns: bool = False) -> Tensor:
        """[batch·patches, width] → [batch·heads, patches, head_dim], or [batch·heads, head_dim, patches].

        In one transposition: the product with a transposed K would be an operator that tflite-runtime 2.14
        does not leave to XNNPACK. One picture needs no batch, and so a reshape less.
        """
        shape = self.shape
        if batch == 1:
            x = x.reshape(shape.patches, shape.heads, shape.head_dim)
            return x.permute(1, 2, 0) if as_columns else x.permute(1, 0, 2)
        x = x.reshape(batch, shape.patches, shape.heads, shape.head_dim)
        return (x.permute(0, 2, 3, 1) if as_columns else x.permute(0, 2, 1, 3)).flatten(0, 1)

    @torch.no_grad()
    def fold(self, block: Block) -> None:
        """Take the weights of a tower's block."""
        weight, bias = (one.chunk(3) for one in behind(block.ln1, block.qkv))
        scale = self.shape.head_dim**-0.5
        put(self.q, weight[0] * scale, bias[0] * scale)
        put(self.k, weight[1], bias[1])
        put(self.v, weight[2], bias[2])
        put(self.out, *centred(block.out))
        put(self.up, *behind(block.ln2, block.up))
        put(self.down, *centred(block.down))


def _mixed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention of [batch·heads, some patches, head_dim] to all."""
    return torch.bmm(torch.bmm(q, k).softmax(-1), v)


class Head(nn.Module):
    """From the blocks' output to image tokens."""

    def __init__(self, tower: Tower, target: Target) -> None:
        super().__init__()
        self.shape = shape = tower.shape
        self.norm = Norm(shape.width, shape.norm_eps, target)
        self.tower = tower
        # Padding is zeros behind the last norm's shift, and a projector's norm sees what the gain did.
        self.keeps_post = bool(shape.padding) or shape.projector_norm
        first, edge = tower.project.out_features, shape.shuffle
        self.project = nn.Conv2d(shape.width, first, edge, stride=edge)
        self._fold()

    @torch.no_grad()
    def _fold(self) -> None:
        shape, project = self.shape, self.tower.project
        weight, bias = project.weight, project.bias
        if bias is None:
            bias = torch.zeros(project.out_features)
        if not self.keeps_post:
            weight, bias = behind(self.tower.post, project)
        kernel = weight.view(project.out_features, shape.shuffle, shape.shuffle, shape.width)
        put(self.project, kernel.permute(0, 3, 1, 2), bias)

    def forward(self, x: Tensor, batch: int) -> Tensor:
        """[batch·patches, width] → [batch, n_tok, n_embd]."""
        shape, tower = self.shape, self.tower
        x = self.norm(x)
        if self.keeps_post:
            x = x * tower.post.weight + tower.post.bias
        if shape.projector_norm:
            x = unshuffle(x.view(batch, shape.patches, shape.width), shape)
            x = tower.project(tower.project_norm(x.reshape(batch * shape.n_tok, shape.gathered)))
        else:
            x = x.view(batch, shape.grid, shape.grid, shape.width).permute(0, 3, 1, 2)
            if shape.padding:
                x = F.pad(x, (0, shape.padding, 0, shape.padding))
            x = self.project(x).permute(0, 2, 3, 1).reshape(batch * shape.n_tok, -1)
        if shape.projector is Projector.MLP:
            x = tower.project_out(F.gelu(x, approximate="tanh"))
        return x.view(batch, shape.n_tok, shape.n_embd)


class Lean(nn.Module):
    """A tower made lean. Gives what the tower gives; see the module's text."""

    def __init__(self, tower: Tower, target: Target) -> None:
        super().__init__()
        self.shape = shape = tower.shape
        self.stem = Stem(tower, in_two_steps=target is Target.ONNX)
        with torch.no_grad():
            position = tower.position.double()
            self.position = nn.Parameter((position - position.mean(1, keepdim=True)).float())
        self.blocks = nn.ModuleList(LeanBlock(shape, target) for _ in range(shape.layers))
        for ours, theirs in zip(self.blocks, tower.blocks, strict=True):
            ours.fold(theirs)
        self.head = Head(tower, target)

    def patches(self, pictures: Tensor) -> Tensor:
        """Normalised [batch, 3, picture_px, picture_px] → [batch, patches, width], positions added."""
        x = self.stem(pictures).permute(0, 2, 3, 1)
        return x.reshape(len(pictures), self.shape.patches, self.shape.width) + self.position

    def tokens(self, patches: Tensor) -> Tensor:
        """[batch, patches, width], without their mean → [batch, n_tok, n_embd]."""
        x = patches.reshape(len(patches) * self.shape.patches, self.shape.width)
        for block in self.blocks:
            x = block(x)
        return self.head(x, len(patches))  # type: ignore[no-any-return]

    def forward(self, pictures: Tensor) -> Tensor:
        """[batch, 3, picture_px, picture_px] → [batch, n_tok, n_embd]."""
        return self.tokens(self.patches(pictures))
