"""A budget of time buys the kinds that are quick, which are not always the small ones."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("gguf", reason="quantising comes with the tools extra")

from mortar_tools.quantise import speed
from mortar_tools.quantise.budgets import buy
from mortar_tools.quantise.hierarchy import Matrix, Tier, parts
from mortar_tools.quantise.kinds import BY_NAME, EIGHT_BIT
from mortar_tools.quantise.sensitivity import Found
from mortar_tools.quantise.source import Source

NAMES = ("token_embd.weight", "blk.0.attn_q.weight", "blk.0.ffn_up.weight")
TIED = tuple(Matrix(name, 256, 65536) for name in NAMES)
UNTIED = (*TIED, Matrix("output.weight", 256, 65536))
TAKES = {BY_NAME["q3_k"]: 1.2, BY_NAME["q4_0"]: 0.5, EIGHT_BIT: 1.0}
"""Decode time: the smallest kind is the slowest, as it may be on a processor without instructions for it."""
DAMAGE = {BY_NAME["q3_k"]: 0.2, BY_NAME["q4_0"]: 0.1, EIGHT_BIT: 0.0}


def source_of(matrices: tuple[Matrix, ...]) -> Source:
    return Source(Path("model.gguf"), matrices, {}, rest_bytes=0)


def found_of(matrices: tuple[Matrix, ...]) -> Found:
    held = [(part, DAMAGE) for part in parts(matrices, Tier.MODULE)]
    return Found((), {Tier.MODULE: held})


@pytest.mark.parametrize(("ratio", "quick"), [(1.0, 0), (0.84, 1), (0.67, 2), (0.5, 3)])
def test_as_many_matrices_are_made_quick_as_the_budget_wants(ratio: float, quick: int) -> None:
    """Three of equal size: each that is kept quickly saves a sixth."""
    bought = buy(found_of(TIED), speed.of_speed(source_of(TIED), TAKES, ratio), Tier.MODULE)
    assert bought is not None
    names = [kind.name for kind in bought.kinds.values()]
    assert names.count("q4_0") == quick and names.count("q3_k") == 0


def test_an_embedding_that_is_only_looked_up_in_costs_no_time() -> None:
    """Where the output has a matrix of its own, a row is read, and nothing multiplied with the rest."""
    bought = buy(found_of(UNTIED), speed.of_speed(source_of(UNTIED), TAKES, 0.5), Tier.MODULE)
    assert bought is not None
    assert bought.kinds.pop("token_embd.weight") is EIGHT_BIT
    assert {kind.name for kind in bought.kinds.values()} == {"q4_0"}


def test_files_take_turns_and_the_one_they_are_compared_with_is_one(float_file: Path) -> None:
    found = speed.ratios({"one": float_file, "other": float_file}, "one", rounds=3)
    assert found["one"] == [1.0] * 3
    assert len(found["other"]) == 3 and min(found["other"]) > 0
