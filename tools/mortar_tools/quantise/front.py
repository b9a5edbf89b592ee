"""Files to compare: what the hierarchy buys, every uniform kind, and llama.cpp's own mixtures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import llama_cpp

from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.export.quantise import Type, quantise
from mortar_tools.quantise.budgets import Bought, Budget, Kinds, buy
from mortar_tools.quantise.hierarchy import Group, Part, Tier
from mortar_tools.quantise.kinds import BY_NAME, Kind
from mortar_tools.quantise.marks import DIGITS, Marks, Measure, difference
from mortar_tools.quantise.sensitivity import Found
from mortar_tools.quantise.source import Source
from mortar_tools.quantise.trials import Trials

MIXTURES = (
    Type("Q2_K", llama_cpp.LLAMA_FTYPE_MOSTLY_Q2_K, 2, 256),
    Type("Q3_K_S", llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_S, 3, 256),
    Type("Q3_K_M", llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_M, 3, 256),
    Type("IQ4_XS", llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_XS, 4, 256),
    Type("IQ4_NL", llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_NL, 4, 32),
    Type("Q4_K_M", llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M, 4, 256),
    Type("Q5_K_M", llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M, 5, 256),
)
"""llama.cpp's, by the names that models are offered under: some matrices get more bits, by rules of thumb."""


class Family(StrEnum):
    FLOAT = "float"
    UNIFORM = "uniform"
    MIXTURE = "llama.cpp's mixture"
    HIERARCHY = "by hierarchy"


@dataclass(frozen=True)
class Candidate:
    """A file, and what it makes of the data that is measured on."""

    family: Family
    name: str
    size_bytes: int
    marks: Marks
    bought: Bought | None = None
    """Of one by hierarchy."""
    decided: Mapping[Tier, float] = field(default_factory=dict)
    """Divergence of what each tier made of the budget, on the data that was decided by, nats a token."""


@dataclass(frozen=True)
class Comparison:
    """What a file by hierarchy has more, or less, than another one."""

    candidate: Candidate
    other: Candidate
    loss: Figure
    divergence: Figure
    exact: Figure


def compared(candidate: Candidate, other: Candidate, seed: int) -> Comparison:
    """Paired by scene."""
    loss, divergence, exact = (
        difference(f"{candidate.name} minus {other.name}", candidate.marks, other.marks, measure, seed)
        for measure in (Measure.LOSS, Measure.DIVERGENCE, Measure.EXACT)
    )
    return Comparison(candidate, other, loss, divergence, exact)


def uniform(source: Source) -> dict[Kind, Kinds]:
    """Every kind that the whole model can be kept as, from the fewest bits to the most."""
    whole = Part("whole", Group.OTHER, "", source.matrices)
    return {kind: whole.kinds(kind) for kind in whole.choices()}


def mixtures(source: Source) -> list[Type]:
    """Those that no row of the model is too short for: llama.cpp would put others in their place."""
    return [one for one in MIXTURES if all(matrix.row % one.block == 0 for matrix in source.matrices)]


def baselines_at_most(source: Source) -> int:
    """Files that `baselines` makes, or a few more."""
    return len(uniform(source)) + len(mixtures(source))


def baselines(measuring: Trials) -> Iterator[Candidate]:
    """The float model, every uniform file of it below 16 bits, and llama.cpp's mixtures."""
    source, whole = measuring.source, measuring.examiner.float_marks
    yield Candidate(Family.FLOAT, source.path.name, source.path.stat().st_size, whole)
    for kind, kinds in uniform(source).items():
        if kind is not BY_NAME["f16"]:
            yield Candidate(Family.UNIFORM, kind.name, source.size_bytes(kinds), measuring.marks(kinds))
    for one in mixtures(source):
        marks, size_bytes = measuring.measured(partial(quantise, source.path, one))
        yield Candidate(Family.MIXTURE, one.name, size_bytes, marks)


def by_hierarchy(deciding: Trials, measuring: Trials, found: Found, budget: Budget, name: str) -> Candidate:
    """The best file within a budget: each tier's, of which the data that is decided by chooses one.

    A finer tier has more freedom, and more noise to be led astray by; so it is asked, not assumed.
    """
    tiers = {tier: bought for tier in Tier if (bought := buy(found, budget, tier))}
    decided = {
        tier: round(deciding.marks(bought.kinds).value(Measure.DIVERGENCE), DIGITS)
        for tier, bought in tiers.items()
    }
    best = tiers[min(decided, key=lambda tier: decided[tier])]
    size_bytes, marks = deciding.source.size_bytes(best.kinds), measuring.marks(best.kinds)
    return Candidate(Family.HIERARCHY, name, size_bytes, marks, best, decided)
