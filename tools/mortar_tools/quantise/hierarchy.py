"""A language model taken apart: groups, their blocks, the modules in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mortar_tools.quantise.kinds import LADDER, Kind, fitting


class Group(StrEnum):
    """What a matrix is for."""

    EMBEDDING = "embedding"
    """Of tokens, and the output that is made of the same numbers or of others."""
    ATTENTION = "attention"
    MLP = "mlp"
    OTHER = "other"


GROUPS = (
    (r"^(token_embd|per_layer_token_embd|output)\.", Group.EMBEDDING),
    (r"\battn_", Group.ATTENTION),
    (r"\bffn_", Group.MLP),
    (r"", Group.OTHER),
)
"""Of a tensor's name in llama.cpp; the first that is found counts."""

BLOCK = re.compile(r"^blk\.(\d+)\.")


@dataclass(frozen=True)
class Matrix:
    """A tensor that can be quantised: a module."""

    name: str
    row: int
    """Numbers of a row."""
    numbers: int

    @property
    def group(self) -> Group:
        return next(group for pattern, group in GROUPS if re.search(pattern, self.name))

    @property
    def block(self) -> str:
        """Its block's number; none outside of blocks."""
        found = BLOCK.match(self.name)
        return found[1] if found else ""


class Tier(StrEnum):
    """How finely the model is taken apart."""

    GROUP = "group"
    BLOCK = "block"
    MODULE = "module"


@dataclass(frozen=True)
class Part:
    """Matrices that get one kind together."""

    name: str
    group: Group
    block: str
    """None where it spans blocks or lies outside of them."""
    matrices: tuple[Matrix, ...]

    @property
    def numbers(self) -> int:
        return sum(one.numbers for one in self.matrices)

    def kinds(self, kind: Kind) -> dict[str, Kind]:
        """What each matrix gets where the part is to have a kind."""
        return {one.name: fitting(kind, one.row) for one in self.matrices}

    def choices(self) -> list[Kind]:
        """Kinds that differ for this part, from the fewest bits to the most."""
        given = {tuple(self.kinds(kind).values()): kind for kind in LADDER}
        return list(given.values())


KEYS = {
    Tier.GROUP: lambda one: (one.group, "", one.group.value),
    Tier.BLOCK: lambda one: (one.group, one.block, f"{one.group} {one.block}".strip()),
    Tier.MODULE: lambda one: (one.group, one.block, one.name),
}
"""Tier → group, block and name of the part that a matrix belongs to."""


def parts(matrices: Iterable[Matrix], tier: Tier) -> list[Part]:
    """The model's parts at a tier."""
    found: dict[tuple[Group, str, str], list[Matrix]] = {}
    for one in matrices:
        found.setdefault(KEYS[tier](one), []).append(one)
    return [Part(name, group, block, tuple(held)) for (group, block, name), held in found.items()]


def size_bytes(matrices: Iterable[Matrix], kinds: Mapping[str, Kind]) -> int:
    """Of the matrices in a file."""
    return sum(kinds[one.name].size_bytes(one.numbers) for one in matrices)


def mean_bits(matrices: Iterable[Matrix], kinds: Mapping[str, Kind]) -> float:
    """Bits of a number."""
    held = list(matrices)
    return sum(kinds[one.name].bits * one.numbers for one in held) / sum(one.numbers for one in held)
