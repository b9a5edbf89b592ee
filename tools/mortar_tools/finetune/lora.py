"""Low-rank adapters on linear layers: W stays, and a small matrix beside it learns.

W' = W + (alpha / rank)·B·A, with A [rank, in] random and B [out, rank] zero at first, so that nothing is
changed to begin with (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gguf
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Rank:
    """How large adapters are."""

    rank: int
    alpha: float

    @property
    def scale(self) -> float:
        return self.alpha / self.rank


class Adapted(nn.Module):
    """A linear layer whose own weights no longer learn."""

    def __init__(self, base: nn.Linear, how: Rank) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = how.scale
        self.a = nn.Parameter(torch.randn(how.rank, base.in_features) * base.in_features**-0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, how.rank))

    @property
    def in_features(self) -> int:
        return self.base.in_features

    def forward(self, x: Tensor) -> Tensor:
        """[..., in] → [..., out]."""
        return self.base(x) + (x @ self.a.T @ self.b.T) * self.scale  # type: ignore[no-any-return]

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The layer with what it has learned in its own weights."""
        self.base.weight += self.scale * self.b @ self.a
        return self.base


def adapt(module: nn.Module, how: Rank, only: str | None = None) -> list[Adapted]:
    """Put an adapter on every linear layer inside a module, or on those of one name."""
    made = []
    for parent, name, layer in _places(module, nn.Linear):
        if only not in (None, name):
            continue
        adapted = Adapted(layer, how)
        setattr(parent, name, adapted)
        made.append(adapted)
    return made


def merge(module: nn.Module) -> None:
    """Take the adapters off again, and keep in the weights what they have learned."""
    for parent, name, adapted in _places(module, Adapted):
        setattr(parent, name, adapted.merged())


def _places(module: nn.Module, kind: type) -> list[tuple[nn.Module, str, nn.Module]]:
    """(parent, name in it, layer) of every layer of a kind."""
    return [
        (parent, name, layer)
        for parent in list(module.modules())
        if not isinstance(parent, Adapted)
        for name, layer in parent.named_children()
        if isinstance(layer, kind)
    ]


def write_adapter(language: nn.Module, how: Rank, path: Path, architecture: str = "llama") -> None:
    """The language model's adapters as llama.cpp takes them beside the model (`llama-cli --lora`)."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", how.alpha)
    for name, layer in language.named_modules():
        if isinstance(layer, Adapted):
            writer.add_tensor(f"{name}.weight.lora_a", layer.a.detach().float().numpy())
            writer.add_tensor(f"{name}.weight.lora_b", layer.b.detach().float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
