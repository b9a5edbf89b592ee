"""The kinds of numbers that a matrix can be kept as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import llama_cpp
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from mortar_tools.cards.export.quantise import Type

PADDED_TO_BYTES = 32
"""GGUF_DEFAULT_ALIGNMENT: every tensor of a file begins at a multiple of it."""


@dataclass(frozen=True)
class Kind:
    """A ggml type, and the type of a file whose matrices all have it."""

    tensor: GGMLQuantizationType
    file_code: int
    """llama.cpp's LLAMA_FTYPE."""

    @property
    def name(self) -> str:
        return self.tensor.name.lower()

    @property
    def block(self) -> int:
        """Numbers that share a scale: a row has to be a multiple of them."""
        return GGML_QUANT_SIZES[self.tensor][0]

    @property
    def bits(self) -> float:
        """Of one number, its share of the scales among them."""
        numbers, n_bytes = GGML_QUANT_SIZES[self.tensor]
        return 8 * n_bytes / numbers

    @property
    def file(self) -> Type:
        """As llama.cpp's quantiser is told of it."""
        return Type(self.name, self.file_code, int(self.bits), self.block)

    def size_bytes(self, numbers: int) -> int:
        """Of a tensor of so many numbers, in a file."""
        own = numbers * GGML_QUANT_SIZES[self.tensor][1] // self.block
        return -(-own // PADDED_TO_BYTES) * PADDED_TO_BYTES


LADDER = (
    Kind(GGMLQuantizationType.Q2_K, llama_cpp.LLAMA_FTYPE_MOSTLY_Q2_K),
    Kind(GGMLQuantizationType.Q3_K, llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_S),
    Kind(GGMLQuantizationType.IQ3_S, llama_cpp.LLAMA_FTYPE_MOSTLY_IQ3_S),
    Kind(GGMLQuantizationType.IQ4_XS, llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_XS),
    Kind(GGMLQuantizationType.IQ4_NL, llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_NL),
    Kind(GGMLQuantizationType.Q4_0, llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0),
    Kind(GGMLQuantizationType.Q4_K, llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_S),
    Kind(GGMLQuantizationType.Q5_0, llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_0),
    Kind(GGMLQuantizationType.Q5_K, llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_S),
    Kind(GGMLQuantizationType.Q6_K, llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K),
    Kind(GGMLQuantizationType.Q8_0, llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0),
    Kind(GGMLQuantizationType.F16, llama_cpp.LLAMA_FTYPE_MOSTLY_F16),
)
"""From the fewest bits to the most; without the types that llama.cpp makes only with an importance matrix."""

BY_NAME = {kind.name: kind for kind in LADDER}

EIGHT_BIT = BY_NAME["q8_0"]
PROBE = BY_NAME["q3_k"]
"""What blocks and modules are compared at: few enough bits to be felt, enough that the model still talks."""


def fitting(kind: Kind, row: int) -> Kind:
    """The kind, or where rows of so many numbers cannot have it, the next one with as many bits or more."""
    return next(one for one in LADDER[LADDER.index(kind) :] if row % one.block == 0)


def mostly(kinds: Iterable[tuple[Kind, int]]) -> Kind:
    """The kind that the most numbers have; a file of mixed kinds is called after it."""
    numbers: dict[Kind, int] = {}
    for kind, n in kinds:
        numbers[kind] = numbers.get(kind, 0) + n
    return max(numbers, key=lambda kind: numbers[kind])
