"""What a compiled graph takes and gives: from pixels to its numbers, and from its numbers to tokens.

A graph computes in float32, or in INT8 with a scale and a zero point for each tensor:
value = (q - zero)·scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mortar.runtimes.interfaces import Floats, Pixels
from mortar.runtimes.manifest import VisionPart

LIGHTEST = 255
"""A pixel's largest value."""

Numbers = npt.NDArray[Any]
"""float32, int8 or uint8."""


@dataclass(frozen=True)
class Tensor:
    """A graph's input or output."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float = 1.0
    zero: int = 0

    @property
    def is_float(self) -> bool:
        return self.dtype == np.float32


class FromFloats:
    """Puts float32 into a graph's tensor, quantised where the graph is."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        self._scaled = None if tensor.is_float else np.empty(tensor.shape, np.float32)

    def put(self, given: Pixels | Floats, into: Numbers) -> None:
        if self._scaled is None:
            np.copyto(into, given)
            return
        np.multiply(given, np.float32(1 / self._tensor.scale), out=self._scaled)
        self._scaled += self._tensor.zero
        quantise(self._scaled, into)


class FromPixels:
    """Puts uint8 [batch, height_px, width_px, 3] into a graph's tensor as (value / 255 - mean) / std.

    A float graph's pixels are written once, where the engine reads them.
    """

    def __init__(self, tensor: Tensor, part: VisionPart) -> None:
        batch, height, width, colours = tensor.shape
        self._rows = (batch, height, width * colours)
        span = np.array(part.std) * tensor.scale
        # A number for every value of a row: numpy goes through long rows several times as fast as through
        # triples.
        self._gain = np.tile(1 / (LIGHTEST * span), width).astype(np.float32)
        self._shift = np.tile(tensor.zero - np.array(part.mean) / span, width).astype(np.float32)
        self._scaled = None if tensor.is_float else np.empty(self._rows, np.float32)

    def put(self, given: Pixels | Floats, into: Numbers) -> None:
        rows = into.reshape(self._rows)
        floats = rows if self._scaled is None else self._scaled
        np.multiply(given.reshape(self._rows), self._gain, out=floats)
        floats += self._shift
        if self._scaled is not None:
            quantise(floats, rows)


def quantise(scaled: Floats, into: Numbers) -> None:
    """Round and clip `scaled`, which is spent, to the integers that `into` can hold."""
    limits = np.iinfo(into.dtype)
    np.rint(scaled, out=scaled)
    np.clip(scaled, limits.min, limits.max, out=scaled)
    np.copyto(into, scaled, casting="unsafe")


def take(tensor: Tensor, held: Numbers, out: Floats) -> None:
    """Put what a graph gives into `out`, float32: one copy, or one pass that dequantises."""
    if tensor.is_float:
        np.copyto(out, held)
        return
    np.subtract(held, np.float32(tensor.zero), out=out)
    out *= np.float32(tensor.scale)
