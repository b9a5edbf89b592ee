"""Muon for the matrices inside the blocks and that of the patches, AdamW for everything else.

Muon makes every direction of a matrix learn at the same pace, which for a model this small and a
training this short is worth far more pictures than its arithmetic costs.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Optimiser:
    """Both optimisers behind one step, with one learning rate schedule."""

    def __init__(self, model: nn.Module, matrix_rate: float, weight_decay: float) -> None:
        """`matrix_rate` is Muon's learning rate as a multiple of the schedule's."""
        named = dict(model.named_parameters())
        matrices = [p for name, p in named.items() if p.ndim == 2 and (".blocks." in name or ".blk." in name)]
        self.kernels = [p for p in named.values() if p.ndim == 4]
        """Convolutions, which to Muon are matrices that share their memory."""
        self.flat = [nn.Parameter(kernel.data.flatten(1)) for kernel in self.kernels]
        taken = {id(p) for p in (*matrices, *self.kernels)}
        self.matrix_rate = matrix_rate
        self.muon = torch.optim.Muon(
            [*matrices, *self.flat], weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        others = [p for p in named.values() if id(p) not in taken]
        self.adamw = torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.0)

    def step(self, rate: float) -> None:
        """Move all parameters along their gradients, and forget the gradients."""
        for group in self.muon.param_groups:
            group["lr"] = rate * self.matrix_rate
        for group in self.adamw.param_groups:
            group["lr"] = rate
        for kernel, matrix in zip(self.kernels, self.flat, strict=True):
            matrix.grad = None if kernel.grad is None else kernel.grad.flatten(1)
            kernel.grad = None
        for optimiser in (self.muon, self.adamw):
            optimiser.step()  # type: ignore[no-untyped-call]
            optimiser.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"muon": self.muon.state_dict(), "adamw": self.adamw.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Carry on from a checkpoint's state."""
        self.muon.load_state_dict(state["muon"])
        self.adamw.load_state_dict(state["adamw"])
