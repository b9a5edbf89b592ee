"""The tower with fewer operators for the same numbers: what is exported.

Everything here is exact algebra on the weights, worked out in float64:

- A LayerNorm's gain and shift go into the linear layer behind it; attention's 1/√head_dim into the rows of
  Q. The three of Q, K and V are one matrix.
- A LayerNorm takes the mean off whatever reaches it, so nothing changes when every layer that writes to
  the residual stream writes without its mean in the first place. Then there is no mean left to take off.
- Batch and patches are one dimension wherever the batch does not matter, so that a linear layer is one
  operator without reshapes around it.
"""

from __future__ import annotations

from enum import StrEnum

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mortar_tools.vision.towers.shape import Gelu, Projector, TowerShape
from mortar_tools.vision.towers.tower import PROJECTOR_NORM_EPS, Tower, unshuffle

class Target(StrEnum):
    """What the graph is written for."""

    ONNX = "onnx"
    """The NPU's toolkit knows LayerNormalization, and torch's GELU, which it makes one operator of."""
    TFLITE = "tflite"
    """It has no norm: one is a square, a small matrix product, a root and a division, which XNNPACK has."""


class LeanBlock(nn.Module):
    """One block on [batch·patches, width]."""

    def __init__(self, shape: TowerShape, target: Target) -> None:
        super().__init__()
        self.shape = shape
        self.norm = Norm(shape.width, shape.norm_eps, target)
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.up = nn.Linear(shape.width, shape.mlp)
        self.down = nn.Linear(shape.mlp, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch·patches, width] → the same."""
        x = x + self.out(self._attended(self.qkv(self.norm(x))))
        return x + self.down(self._gelu(self.up(self.norm(x))))  # type: ignore[no-any-return]

    def _attended(self, qkv: Tensor) -> Tensor:
        """[batch·patches, 3·width] → [batch·patches, width]."""
        shape, rows = self.shape, qkv.shape[0]
        batch = rows // shape.patches
        q, k, v = qkv.split(shape.width, 1)
        scores = torch.bmm(self._heads(q, batch), self._heads(k, batch, as_columns=True))
        mixed = torch.bmm(scores.softmax(-1), self._heads(v, batch))
        if batch > 1:
            mixed = mixed.view(batch, shape.heads, shape.patches, shape.head_dim)
        return mixed.transpose(-2, -3).reshape(rows, shape.width)

    def _heads(self, x: Tensor, batch: int, as_columns: bool = False) -> Tensor:
        """[batch·patches, width] → [batch·heads, patches, head_dim], or [batch·heads, head_dim, patches].

        In one transposition: the product with a transposed K would be an operator that tflite-runtime 2.14
        does not leave to XNNPACK, and a quarter slower with 1024 patches. One picture needs no batch, and
        so a reshape less.
        """
        shape = self.shape
        if batch == 1:
            x = x.reshape(shape.patches, shape.heads, shape.head_dim)
            return x.permute(1, 2, 0) if as_columns else x.permute(1, 0, 2)
        x = x.reshape(batch, shape.patches, shape.heads, shape.head_dim)
        return (x.permute(0, 2, 3, 1) if as_columns else x.permute(0, 2, 1, 3)).flatten(0, 1)

    def _gelu(self, x: Tensor) -> Tensor:
        return F.gelu(x, approximate="tanh" if self.shape.gelu is Gelu.TANH else "none")


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


class Lean(nn.Module):
    """A tower made lean, of fixed batch. Gives what the tower gives; see the module's text."""

    def __init__(self, tower: Tower, target: Target) -> None:
        super().__init__()
        self.shape = shape = tower.shape
        self.patch = nn.Conv2d(3, shape.width, shape.patch_px, stride=shape.patch_px)
        self.position = nn.Parameter(torch.zeros(shape.patches, shape.width))
        self.blocks = nn.ModuleList(LeanBlock(shape, target) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.norm_eps, target)
        # Padding puts zeros behind the last norm's shift, and a projector's norm sees what the gain did.
        self.keeps_post = bool(shape.padding) or shape.projector_norm
        self.post = tower.post
        if shape.projector_norm:
            self.project_norm = tower.project_norm
        self.project = nn.Linear(shape.gathered, tower.project.out_features)
        if shape.projector is Projector.MLP:
            self.project_out = tower.project_out
        self._fold(tower)

    @torch.no_grad()
    def _fold(self, tower: Tower) -> None:
        put(self.patch, *centred(tower.patch))
        self.position.copy_(tower.position - tower.position.double().mean(1, keepdim=True))
        for ours, theirs in zip(self.blocks, tower.blocks, strict=True):
            weight, bias = behind(theirs.ln1, theirs.qkv)
            width = self.shape.width
            weight[:width] *= self.shape.head_dim**-0.5
            bias[:width] *= self.shape.head_dim**-0.5
            put(ours.qkv, weight, bias)
            put(ours.out, *centred(theirs.out))
            put(ours.up, *behind(theirs.ln2, theirs.up))
            put(ours.down, *centred(theirs.down))
        if self.keeps_post:
            bias = tower.project.bias if tower.project.bias is not None else torch.zeros(1)
            put(self.project, tower.project.weight, bias.expand(tower.project.out_features))
        else:
            put(self.project, *behind(tower.post, tower.project))

    def patches(self, pictures: Tensor) -> Tensor:
        """Normalised [batch, 3, picture_px, picture_px] → [batch, patches, width], positions added."""
        x = self.patch(pictures).permute(0, 2, 3, 1)
        return x.reshape(len(pictures), self.shape.patches, self.shape.width) + self.position

    def tokens(self, patches: Tensor) -> Tensor:
        """[batch, patches, width] → [batch, n_tok, n_embd]."""
        shape, batch = self.shape, len(patches)
        x = patches.reshape(batch * shape.patches, shape.width)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        if self.keeps_post:
            x = x * self.post.weight + self.post.bias
        x = unshuffle(x.view(batch, shape.patches, shape.width), shape)
        x = x.reshape(batch * shape.n_tok, shape.gathered)
        if shape.projector_norm:
            norm = self.project_norm
            x = F.layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, PROJECTOR_NORM_EPS)
        x = self.project(x)
        if shape.projector is Projector.MLP:
            x = self.project_out(F.gelu(x, approximate="tanh"))
        return x.view(batch, shape.n_tok, shape.n_embd)

    def forward(self, pictures: Tensor) -> Tensor:
        """[batch, 3, picture_px, picture_px] → [batch, n_tok, n_embd]."""
        return self.tokens(self.patches(pictures))


Layer = nn.Linear | nn.Conv2d


def put(layer: Layer, weight: Tensor, bias: Tensor) -> None:
    """Set a layer's weights."""
    layer.weight.copy_(weight)
    assert layer.bias is not None
    layer.bias.copy_(bias)


def centred(layer: Layer) -> tuple[Tensor, Tensor]:
    """A layer's weight and bias, float64, with the mean over its outputs taken off."""
    weight, bias = layer.weight.double(), layer.bias
    assert bias is not None
    return weight - weight.mean(0, keepdim=True), bias.double() - bias.double().mean()


def behind(norm: nn.LayerNorm, linear: nn.Linear) -> tuple[Tensor, Tensor]:
    """Weight and bias, float64, of a linear layer that takes a norm's gain and shift on itself.

    The layer may take several rows of the norm side by side.
    """
    times = linear.in_features // len(norm.weight)
    gain, shift = norm.weight.double().repeat(times), norm.bias.double().repeat(times)
    weight = linear.weight.double()
    bias = weight @ shift
    if linear.bias is not None:
        bias = bias + linear.bias.double()
    return weight * gain, bias
