"""Shapes of published models, read from shapes.toml beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from mortar.errors import UsageError

HERE = Path(__file__).parent


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the tables: unknown keys are refused."""


class Decoder(Table, frozen=True):
    """A Llama-like decoder: grouped attention, gated MLP, RMSNorm, rotary positions."""

    architecture: str
    """llama.cpp's name."""
    layers: int
    width: int
    heads: int
    kv_heads: int
    mlp: int
    vocabulary: int
    context_tok: int
    rope_base: float
    norm_eps: float
    qkv_bias: bool = False
    tied: bool = True
    """The output matrix is that of the embeddings."""
    rope_sections: tuple[int, ...] = ()
    """M-RoPE: pairs of a head for time, height and width."""

    qk_norm: bool = False
    """Queries and keys are normalised, head by head."""
    deepstack: int = 0
    """Inner layers of the tower whose rows it takes with each of the last one's."""

    @property
    def row(self) -> int:
        """Numbers of an image token."""
        return self.width * (1 + self.deepstack)

    @property
    def head(self) -> int:
        return self.width // self.heads


class Special(Table, frozen=True):
    """Control tokens with numbers that follow each other."""

    first: int
    tokens: list[str]


class Tokenizer(Table, frozen=True):
    pre: str
    """llama.cpp's name of how text is split before it is merged."""
    bos: str
    eos: str
    pad: str
    special: list[Special]

    @property
    def numbered(self) -> dict[int, str]:
        """Number → control token."""
        return {one.first + i: token for one in self.special for i, token in enumerate(one.tokens)}


class Tower(Table, frozen=True):
    """A vision transformer and its projector."""

    projector: Literal["idefics3", "mlp", "qwen2vl_merger", "qwen3vl_merger", "gemma3"]
    """llama.cpp's name."""
    layers: int
    width: int
    heads: int
    mlp: int
    picture_px: int
    patch_px: int
    norm_eps: float
    gelu: Literal["tanh", "quick"]
    merged: int = 1
    """Edge of the square of patches that one image token is made of."""
    deep: tuple[int, ...] = ()
    """Inner layers whose rows are given as well."""
    longest_px: int = 0
    """What libmtmd enlarges pictures to before it cuts them into tiles; 0: it cuts none."""
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    @property
    def grid(self) -> int:
        """Patches along an edge."""
        return self.picture_px // self.patch_px

    @property
    def n_tok(self) -> int:
        """Image tokens of one picture."""
        return (self.grid // self.merged) ** 2


class Shape(Table, frozen=True):
    """A published model, without its weights."""

    title: str
    template: str
    """Its chat template: a file in templates/."""
    source: str
    language: Decoder
    tokenizer: Tokenizer
    tower: Tower | None = None
    """None: it knows text alone."""

    @property
    def chat_template(self) -> str:
        return (HERE / "templates" / self.template).read_text(encoding="utf-8")

    def shortened(self, layers: int) -> Shape:
        """The same with so many layers in the decoder and in the tower."""
        tower = replace(self.tower, layers=layers) if self.tower else None
        return replace(self, language=replace(self.language, layers=layers), tower=tower)


SHAPES: dict[str, Shape] = msgspec.toml.decode((HERE / "shapes.toml").read_bytes(), type=dict[str, Shape])


def shape(name: str) -> Shape:
    """Raises UsageError where there is none of that name."""
    try:
        return SHAPES[name]
    except KeyError:
        known = ", ".join(SHAPES)
        raise UsageError("shape-unknown", f"no shape {name} is known", f"choose one of {known}") from None
