"""Random weights, made in the bytes of the type that they are stored in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType
from numpy.typing import NDArray

SPREAD = 0.02
"""Standard deviation of a matrix, as transformers are initialised with (GPT-2)."""

BLOCK = 32
"""Weights that share a scale, in Q4_0 and Q8_0."""


class Kind(StrEnum):
    """How matrices are stored."""

    F16 = "f16"
    Q8_0 = "q8_0"
    Q4_0 = "q4_0"


@dataclass(frozen=True)
class Tensor:
    """A tensor to be made: its shape has the row's length last."""

    name: str
    shape: tuple[int, ...]
    kind: Kind | None
    """None: float32, which vectors are."""
    ones: bool = False
    """Not random: the scale of a norm."""

    @property
    def ggml_type(self) -> GGMLQuantizationType:
        return GGMLQuantizationType[str(self.kind).upper()] if self.kind else GGMLQuantizationType.F32


def matrix(name: str, rows: int, columns: int, kind: Kind) -> Tensor:
    """Rows that are no whole number of blocks stay float16."""
    return Tensor(name, (rows, columns), kind if columns % BLOCK == 0 else Kind.F16)


def vector(name: str, length: int) -> Tensor:
    return Tensor(name, (length,), None)


def scale(name: str, length: int) -> Tensor:
    return Tensor(name, (length,), None, ones=True)


def filled(tensor: Tensor, random: np.random.Generator) -> NDArray[Any]:
    """Its data: bytes of whole rows where it is quantised. Uniform, of deviation SPREAD."""
    if tensor.ones:
        return np.ones(tensor.shape, np.float32)
    if tensor.kind in (Kind.Q4_0, Kind.Q8_0):
        return _blocks(tensor.shape, tensor.kind, random)
    half = SPREAD * 3**0.5
    values = (random.random(tensor.shape, np.float32) * 2 - 1) * np.float32(half)
    return values.astype(np.float16) if tensor.kind is Kind.F16 else values


def _blocks(shape: tuple[int, ...], kind: Kind, random: np.random.Generator) -> NDArray[np.uint8]:
    """ggml's block_q4_0 and block_q8_0: a float16 scale, then the integers, any of which is as likely.

    There is one more of them below zero than above; half of the scales are negative to make up for it.
    """
    steps, size_bytes = (16, BLOCK // 2) if kind is Kind.Q4_0 else (256, BLOCK)
    count = shape[0] * shape[1] // BLOCK
    found = np.empty((count, 2 + size_bytes), np.uint8)
    step = SPREAD * (12 / (steps**2 - 1)) ** 0.5
    steps_there = np.where(random.random(count) < 0.5, np.float16(step), np.float16(-step))
    found[:, :2] = steps_there.view(np.uint8).reshape(count, 2)
    found[:, 2:] = np.frombuffer(random.bytes(count * size_bytes), np.uint8).reshape(count, size_bytes)
    return found.reshape(shape[0], -1)
