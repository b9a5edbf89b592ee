"""How near one encoder's image tokens are to another's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mortar.runtimes.interfaces import Floats

Cosines = NDArray[np.float64]


def cosines(ours: Floats, theirs: Floats) -> Cosines:
    """[..., n_tok] cosine of each token of two encoders, both [..., n_tok, n_embd]. A token of nothing but
    zeros is near to no other; one that is not a number makes the cosine none."""
    first, second = ours.astype(np.float64), theirs.astype(np.float64)
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    products: Cosines = (first * second).sum(-1)
    found: Cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths != 0)
    return found


@dataclass(frozen=True)
class Nearness:
    """Cosines [pictures, n_tok] of one form to the reference."""

    all: Cosines

    @property
    def mean(self) -> float:
        return float(self.all.mean())

    @property
    def worst(self) -> float:
        """Of any token of any picture."""
        return float(self.all.min())

    @property
    def worst_picture(self) -> int:
        """Number of the picture whose tokens are furthest off, on average."""
        return int(self.all.mean(1).argmin())
