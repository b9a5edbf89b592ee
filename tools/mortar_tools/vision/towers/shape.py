"""The sizes of a SigLIP-shaped tower with its token reduction and projector. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from mortar.errors import UsageError
from mortar.runtimes.manifest import VisionPart


class Gelu(StrEnum):
    """Which GELU a tower was trained with."""

    TANH = "tanh"
    ERF = "erf"


class Projector(StrEnum):
    """What makes image tokens of the language model's width."""

    MATRIX = "matrix"
    """One linear layer without bias."""
    LINEAR = "linear"
    MLP = "mlp"
    """Linear, GELU in its tanh form (LFM2-VL's and llama.cpp's), linear."""


@dataclass(frozen=True)
class TowerShape:
    """A tower. Raises UsageError where the numbers don't go together."""

    picture_px: int
    """Edge of the square picture."""
    patch_px: int
    width: int
    layers: int
    heads: int
    mlp: int
    n_embd: int
    """Width of an image token."""
    shuffle: int = 1
    """Edge of the square of patches that one image token is made of; 1: no reduction."""
    projector: Projector = Projector.MATRIX
    hidden: int = 0
    """Width between the two layers of Projector.MLP, 0 otherwise."""
    projector_norm: bool = False
    """Whether a LayerNorm stands before the projector (VILA, LFM2-VL)."""
    gelu: Gelu = Gelu.TANH
    norm_eps: float = 1e-6
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    """A pixel goes in as (value / 255 - mean) / std."""

    def __post_init__(self) -> None:
        wrong = [
            (self.picture_px % self.patch_px, "patch_px does not divide picture_px"),
            (self.width % self.heads, "heads does not divide width"),
            ((self.projector is Projector.MLP) != (self.hidden > 0), "hidden belongs to projector mlp"),
        ]
        for is_wrong, what in wrong:
            if is_wrong:
                raise UsageError("tower-shape", f"no tower has this shape: {what}", "correct the shape")

    def resized(self, picture_px: int, patch_px: int, shuffle: int) -> TowerShape:
        """The same tower for pictures and patches of other sizes, and other squares of these a token."""
        return replace(self, picture_px=picture_px, patch_px=patch_px, shuffle=shuffle)

    @property
    def part(self) -> VisionPart:
        """What goes in and what comes out, for an engine; of no model folder: no file, no hash."""
        return VisionPart(
            file="",
            sha256="",
            size_bytes=1,
            n_tok=self.n_tok,
            n_embd=self.n_embd,
            width_px=self.picture_px,
            height_px=self.picture_px,
            mean=self.mean,
            std=self.std,
        )

    @property
    def grid(self) -> int:
        """Patches along an edge."""
        return self.picture_px // self.patch_px

    @property
    def patches(self) -> int:
        """Patches of a picture."""
        return self.grid**2

    @property
    def side_tok(self) -> int:
        """Image tokens along an edge: an odd grid is padded with zeros first (27 → 28 → 14)."""
        return -(-self.grid // self.shuffle)

    @property
    def padding(self) -> int:
        """Rows and columns of zeros that the grid is padded with, below and on the right."""
        return self.side_tok * self.shuffle - self.grid

    @property
    def n_tok(self) -> int:
        """Image tokens of a picture."""
        return self.side_tok**2

    @property
    def head_dim(self) -> int:
        return self.width // self.heads

    @property
    def gathered(self) -> int:
        """Width of the patches of one image token side by side, which the projector takes."""
        return self.width * self.shuffle**2


_SIGLIP_BASE = {"patch_px": 16, "width": 768, "layers": 12, "heads": 12, "mlp": 3072}
"""SigLIP's ViT-B/16 (google/siglip-base-patch16-*)."""

KNOWN: dict[str, TowerShape] = {
    "siglip-base": TowerShape(
        picture_px=224, n_embd=768, projector=Projector.MLP, hidden=768, **_SIGLIP_BASE
    ),
    "smolvlm-256m": TowerShape(picture_px=512, n_embd=576, shuffle=4, **_SIGLIP_BASE),
}
"""Shapes for `random:NAME`: SigLIP-base at 224 pixels, 196 tokens, with a
two-layer projector as in LLaVA; and SmolVLM-256M's encoder, the same
tower at 512 pixels with 4×4 patches a token, 64 tokens of 576 (HuggingFaceTB/SmolVLM-256M-Instruct)."""
