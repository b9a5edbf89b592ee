"""What is known of a model before anything leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mortar.errors import UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.export.quantise import EIGHT_BIT, FLOAT32, FOUR_BIT, Type
from mortar_tools.cards.training.restored import language_of, read_language, restore
from mortar_tools.prune.choose import Plan, Scores, Wanted, least_missed, plan
from mortar_tools.prune.importance import By, channel_scores, head_scores, influence, loss_without
from mortar_tools.prune.lessons import Lesson, Lessons, look
from mortar_tools.weights.gguf_file import GgufModel
from mortar_tools.weights.llama_sizes import blocks, head_dim, heads
from mortar_tools.weights.marker import Scene, mark, scenes
from mortar_tools.weights.quality import Marked

TYPES = {one.name: one for one in (FLOAT32, EIGHT_BIT, *FOUR_BIT)}
FILE_TYPE = "general.file_type"

STUDIED = 2
"""Batches of scenes that decide what leaves."""
STUDIED_AT_ONCE = 64


@dataclass(frozen=True)
class How:
    """What it is studied on."""

    by: str
    """One of By."""
    seed: int
    type: str | None
    """Name of the type to write; None: the one that the model's file has."""
    examined: int
    """Scenes of the test split."""
    taught: int
    """Scenes of the training split."""
    work: Path


@dataclass(frozen=True)
class Study:
    """What is known of the model before anything leaves it."""

    source: GgufModel
    chosen_on: Sequence[Lesson]
    taught_with: Lessons
    examined_on: Sequence[Scene]
    heads: Scores
    channels: Scores
    seed: int
    type: Type
    before: Sequence[Marked]

    def plan(self, wanted: Wanted) -> Plan:
        """What stays."""
        language = language_of(self.source)

        def cost(gone: frozenset[int]) -> float:
            return loss_without(language, self.chosen_on, gone)

        gone = least_missed(blocks(self.source.weights), wanted.blocks, cost)
        return plan(wanted, gone, self.heads, self.channels)

    def block_table(self) -> list[tuple[float, float]]:
        """(growth of the loss without it, Block Influence) of each block."""
        language = language_of(self.source)
        whole = loss_without(language, self.chosen_on, frozenset())
        growth = [
            loss_without(language, self.chosen_on, frozenset({block})) - whole
            for block in range(len(language.blk))
        ]
        return list(zip(growth, influence(language, self.chosen_on), strict=True))


def type_of(model: GgufModel) -> Type:
    """The type that a file was written in, float32 where it is none of those that are known here."""
    code = model.get(FILE_TYPE)
    return next((one for one in TYPES.values() if one.code == code), FLOAT32)


def type_named(name: str) -> Type:
    """Raises UsageError for an unknown one."""
    if name not in TYPES:
        raise UsageError("type-unknown", f"there is no type {name}", f"one of: {', '.join(TYPES)}")
    return TYPES[name]


def study(folder: ModelFolder, ways: Sequence[Wanted], how: How) -> Study:
    """Look at the model. Raises UsageError where more is to leave than it has."""
    model, source = restore(folder.path), read_language(folder)
    for wanted in ways:
        wanted.check(blocks(source.weights))
    written = type_named(how.type) if how.type else type_of(source)
    rng = np.random.default_rng(how.seed)
    studied = look(model.vision, "valid", STUDIED * STUDIED_AT_ONCE, how.work)
    starts = range(0, STUDIED * STUDIED_AT_ONCE, STUDIED_AT_ONCE)
    chosen_on = [studied.pick(range(start, start + STUDIED_AT_ONCE), rng) for start in starts]
    # Each head is left out in turn, which takes longer than all else here: only where some are to leave.
    if any(wanted.heads for wanted in ways):
        by_head = head_scores(model.language, chosen_on)
    else:
        by_head = [np.ones(n) for n in heads(source.weights, head_dim(source))]
    examined = scenes(folder, "test", how.examined, how.seed, how.work)
    return Study(
        source=source,
        chosen_on=chosen_on,
        taught_with=look(model.vision, "train", how.taught, how.work),
        examined_on=examined,
        heads=by_head,
        channels=channel_scores(model.language, chosen_on, By(how.by), how.seed),
        seed=how.seed,
        type=written,
        before=mark(folder.verified(folder.manifest.language), examined, "asking: before"),
    )
