"""The smaller types of the language model, made by llama.cpp's own quantiser, and which one to ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import llama_cpp
from rich.table import Table

from mortar.errors import MortarError
from mortar.runtimes.llama.backend import start_backend
from mortar.runtimes.llama.log import LOG

if TYPE_CHECKING:
    from mortar_tools.cards.export.loss import Loss
    from mortar_tools.cards.training.model import Shape


@dataclass(frozen=True)
class Type:
    """How the numbers of the matrices are kept. llama.cpp gives the embedding table more bits."""

    name: str
    code: int
    """llama.cpp's LLAMA_FTYPE."""
    bits: int
    block: int
    """Numbers that share a scale: a row has to be a multiple of them."""

    def fits(self, shape: Shape) -> bool:
        """Whether every row of every matrix can have this type."""
        return shape.width % self.block == 0 and shape.mlp % self.block == 0


FLOAT32 = Type("f32", llama_cpp.LLAMA_FTYPE_ALL_F32, 32, 1)
EIGHT_BIT = Type("q8_0", llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0, 8, 32)
FOUR_BIT = (
    Type("q4_0", llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0, 4, 32),
    Type("iq4_nl", llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_NL, 4, 32),
    Type("iq4_xs", llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_XS, 4, 256),
    Type("q4_k_s", llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_S, 4, 256),
    Type("q4_k_m", llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M, 4, 256),
)

MOST_LOST = 0.005
"""Share of all answers that a 4-bit type may get wrong where float32 was right, net."""


NONE_OF_ITS_OWN: Mapping[str, int] = MappingProxyType({})


def types_of(shape: Shape) -> list[Type]:
    """The types below float32 that a model of this shape can have, whole."""
    return [EIGHT_BIT, *(one for one in FOUR_BIT if one.fits(shape))]


def quantise(
    source: Path,
    wanted: Type,
    path: Path,
    *,
    tensors: Mapping[str, int] = NONE_OF_ITS_OWN,
    pure: bool = False,
) -> None:
    """Write the float GGUF `source` in another type. Raises MortarError where llama.cpp fails.

    `tensors`: ggml types of matrices by name, which these have instead. `pure`: every other matrix has the
    type's own, and none gets more bits because llama.cpp holds it to be worth them.
    """
    start_backend()
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = wanted.code
    parameters.nthread = 1
    parameters.pure = pure
    overrides = _overrides(tensors)
    parameters.tt_overrides = overrides
    LOG.begin()
    if llama_cpp.llama_model_quantize(str(source).encode(), str(path).encode(), parameters) != 0:
        raise MortarError(
            "quantise-failed",
            f"llama.cpp could not write {path.name} from {source.name}{LOG.said()}",
            "see that there is room on the disk; if there is, report it",
        )


def _overrides(tensors: Mapping[str, int]) -> Any:
    """llama.cpp's array of them: a regular expression each, and NULL after the last one."""
    rows = (llama_cpp.llama_model_tensor_override * (len(tensors) + 1))()
    for row, (name, code) in zip(rows, tensors.items(), strict=False):
        row.pattern, row.type = f"^{name.replace('.', '[.]')}$".encode(), code
    return rows


def choose(losses: Mapping[Type, Loss]) -> Type:
    """The 4-bit type with the least loss; 8 bits where even that one costs too many answers."""
    best = min((one for one in losses if one.bits == 4), key=lambda one: losses[one].nats)
    lost = losses[FLOAT32].exact - losses[best].exact
    return best if lost <= MOST_LOST else EIGHT_BIT


def as_table(losses: Mapping[Type, Loss], sizes_bytes: Mapping[Type, int], chosen: Type) -> Table:
    """For people: what each type costs."""
    table = Table("type", "MB", "loss a token", "answers exactly right", title="language model")
    for one, loss in losses.items():
        name = f"{one.name} ←" if one is chosen else one.name
        table.add_row(name, f"{sizes_bytes[one] / 1e6:.2f}", f"{loss.nats:.5f}", f"{loss.exact:.2%}")
    return table
