"""Making an INT8 form good: the layers that harm it most stay float16, more of them until it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mortar_tools.vision.check.layers import Layer

FEWEST = 4
"""Layers that the first attempt keeps float16; each further one keeps twice as many."""


@dataclass(frozen=True)
class Attempt:
    """A hybrid graph that was tried."""

    float_layers: tuple[str, ...]
    lost_points: float
    """Of answer accuracy."""
    holds: bool


def mend(
    layers: Sequence[Layer],
    lost_points: Callable[[tuple[str, ...]], float],
    most_points: float,
    tell: Callable[[str], None],
) -> list[Attempt]:
    """Attempts until one holds, which is the last then, or until all layers are float16.

    `lost_points` builds a hybrid graph with these layers in float16 and measures it.
    """
    attempts: list[Attempt] = []
    n = FEWEST
    while not attempts or (not attempts[-1].holds and len(attempts[-1].float_layers) < len(layers)):
        names = tuple(layer.name for layer in layers[:n])
        lost = lost_points(names)
        attempts.append(Attempt(names, lost, lost <= most_points))
        tell(
            f"{len(names)} of {len(layers)} layers in float16 ({', '.join(names[:FEWEST])} ...): "
            f"{lost:.2f} points lost{', which holds' if attempts[-1].holds else ''}"
        )
        n *= 2
    return attempts
