"""The bundled vision-language model: a small SigLIP-shaped tower and a small Llama-shaped decoder.

Both are in shapes that llama.cpp knows: the tower with its pixel unshuffle and projector as projector
type lfm2, the decoder as architecture llama. Parameter names say what llama.cpp's tensors are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    """Sizes of the model, from recipe.toml."""

    vision_width: int = 192
    vision_layers: int = 5
    vision_heads: int = 3
    vision_mlp: int = 768
    width: int = 256
    layers: int = 4
    heads: int = 4
    mlp: int = 512
    vocabulary: int = 1024
    things: int = 133
    """What a patch can be, apart from empty."""
    picture: int = 128
    patch: int = 16
    shuffle: int = 2
    rope_base: float = 10000.0
    norm_eps: float = 1e-5

    @property
    def grid(self) -> int:
        """Patches along an edge."""
        return self.picture // self.patch

    @property
    def image_tokens(self) -> int:
        """Embeddings that a picture becomes."""
        return (self.grid // self.shuffle) ** 2


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention, [batch, heads, tokens, head_dim] each; mask true where a token sees another.

    Written out: on CPU torch's fused attention takes four times as long backwards on rows this short,
    which is a sixth of a whole step.
    """
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).to(v.dtype) @ v


class VisionBlock(nn.Module):
    """Pre-norm transformer block without a causal mask."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.vision_width
        self.heads = shape.vision_heads
        self.ln1 = nn.LayerNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.ln2 = nn.LayerNorm(width, eps=1e-6)
        self.up = nn.Linear(width, shape.vision_mlp)
        self.down = nn.Linear(shape.vision_mlp, width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, patches, vision_width] → the same."""
        batch, patches, width = x.shape
        qkv = self.qkv(self.ln1(x)).view(batch, patches, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = attend(q, k, v)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, patches, width))
        return x + self.down(F.gelu(self.up(self.ln2(x)), approximate="tanh"))  # type: ignore[no-any-return]


class Vision(nn.Module):
    """Picture → image tokens in the decoder's width."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.vision_width
        self.patch = nn.Conv2d(3, width, shape.patch, stride=shape.patch)
        self.position = nn.Parameter(torch.randn(shape.grid**2, width) * 0.02)
        self.blocks = nn.ModuleList(VisionBlock(shape) for _ in range(shape.vision_layers))
        self.post = nn.LayerNorm(width, eps=1e-6)
        self.project = nn.Linear(width * shape.shuffle**2, shape.width, bias=False)

    def patches(self, pictures: Tensor) -> Tensor:
        """[batch, 3, 128, 128] float -1..1 → [batch, 64, vision_width] after the last norm."""
        x = self.patch(pictures).flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            x = block(x)
        return self.post(x)  # type: ignore[no-any-return]

    def tokens(self, patches: Tensor) -> Tensor:
        """[batch, 64, vision_width] → [batch, 16, width]: 2×2 pixel unshuffle, projected."""
        batch, _, width = patches.shape
        s, side = self.shape.shuffle, self.shape.grid // self.shape.shuffle
        x = patches.view(batch, side, s, side, s, width).permute(0, 1, 3, 2, 4, 5)
        return self.project(x.reshape(batch, side * side, s * s * width))  # type: ignore[no-any-return]

    def forward(self, pictures: Tensor) -> Tensor:
        """[batch, 3, 128, 128] → [batch, 16, width]."""
        return self.tokens(self.patches(pictures))


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions on neighbouring pairs, llama.cpp's convention for architecture llama.

    x [batch, heads, tokens, head_dim]; cos and sin [batch, 1, tokens, head_dim / 2].
    """
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Block(nn.Module):
    """Llama block: RMSNorm, rotary attention, SwiGLU; no biases.

    How many heads and channels it has is said by its matrices: some may have been cut out of them.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.head_dim = shape.width // shape.heads
        self.attn_norm = nn.RMSNorm(width, eps=shape.norm_eps)
        self.attn_q = nn.Linear(width, width, bias=False)
        self.attn_k = nn.Linear(width, width, bias=False)
        self.attn_v = nn.Linear(width, width, bias=False)
        self.attn_output = nn.Linear(width, width, bias=False)
        self.ffn_norm = nn.RMSNorm(width, eps=shape.norm_eps)
        self.ffn_gate = nn.Linear(width, shape.mlp, bias=False)
        self.ffn_up = nn.Linear(width, shape.mlp, bias=False)
        self.ffn_down = nn.Linear(shape.mlp, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """[batch, tokens, width] → the same; mask [batch, 1, tokens, tokens] true where seen."""
        batch, tokens, _ = x.shape
        normed = self.attn_norm(x)

        def split(y: Tensor) -> Tensor:
            return y.view(batch, tokens, -1, self.head_dim).transpose(1, 2)

        q = rotate(split(self.attn_q(normed)), cos, sin)
        k = rotate(split(self.attn_k(normed)), cos, sin)
        v = split(self.attn_v(normed))
        mixed = attend(q, k, v, mask)
        x = x + self.attn_output(mixed.transpose(1, 2).reshape(batch, tokens, -1))
        normed = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(normed)) * self.ffn_up(normed))  # type: ignore[no-any-return]


class Language(nn.Module):
    """Token embeddings → hidden states; the output head shares the embedding table."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.norm_eps)
        half = shape.width // shape.heads // 2
        powers = torch.arange(half, dtype=torch.float32) / half
        self.register_buffer("frequencies", shape.rope_base**-powers, persistent=False)
        self.frequencies: Tensor

    def forward(self, x: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """x [batch, tokens, width], positions [batch, tokens], mask [batch, tokens, tokens]."""
        angles = (positions[..., None].float() * self.frequencies)[:, None]
        cos, sin = angles.cos(), angles.sin()
        for block in self.blk:
            x = block(x, cos, sin, mask[:, None])
        return self.output_norm(x)  # type: ignore[no-any-return]

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., width] → [..., vocabulary]."""
        return F.linear(hidden, self.token_embd.weight)


class Cards(nn.Module):
    """The whole model, with three heads that exist for training alone.

    Without them it settles on saying likely sentences and never learns to look: a picture's tokens
    have to be useful before the language can find a use for them.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.vision = Vision(shape)
        self.language = Language(shape)
        self.patch_head = nn.Linear(shape.vision_width, shape.things + 1)
        self.token_head = nn.Linear(shape.width, shape.things + 1)
        self.place_head = nn.Linear(shape.width, 2)
        self.apply(initialise)

    def place(self, embedded: Tensor, image: Tensor, start: Tensor) -> Tensor:
        """Put image tokens into embedded text, from column `start` [batch] of each row."""
        columns = start[:, None] + torch.arange(image.shape[1])
        index = columns[..., None].expand(-1, -1, image.shape[2])
        return embedded.scatter(1, index, image.to(embedded.dtype))


def initialise(module: nn.Module) -> None:
    """Small normal weights, as is usual for transformers; biases zero."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
