"""What a gate makes of a drawn sequence: which changes it misses, and where it cries for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mortar.bricks.eye.gate import Gate, Luma
from mortar_tools.watching import sequences
from mortar_tools.watching.measures import MEASURES
from mortar_tools.watching.sequences import HAND_IN_VIEW, Kind

PATIENCE = 3
"""Frames within which a change is to be seen. A hand comes in slowly: it has until it is gone."""


@dataclass(frozen=True)
class Asked:
    """A sequence to draw, and every gate is to judge it."""

    kind: Kind
    seed: int


@dataclass(frozen=True)
class Outcome:
    kind: Kind
    measure: str
    limit: float
    card_edge: float
    seen: tuple[bool, ...]
    """Of each change in turn, whether it was seen in time."""
    alarms: tuple[bool, ...]
    """Of each frame that shows what was encoded last, whether it was taken for a change."""
    encoded: int
    n: int


def outcomes(asked: Asked) -> list[Outcome]:
    """Of every measure at every limit."""
    sequence = sequences.draw(asked.kind, asked.seed)
    lumas = [sequence.luma(index) for index in range(len(sequence.frames))]
    content = sequence.content.tolist()
    found = []
    for name, measured in MEASURES.items():
        for limit in sorted({*measured.limits, measured.chosen}):
            passed = list(passes(Gate(measured.measure, limit), lumas))
            seen, alarms = marks(content, passed)
            found.append(
                Outcome(
                    *(asked.kind, name, limit, sequence.card_edge, seen, alarms), sum(passed), len(passed)
                )
            )
    return found


def passes(gate: Gate, lumas: Sequence[Luma]) -> Iterator[bool]:
    """Of each frame, whether it is encoded: as the eye does it, were it as fast as the camera."""
    for luma in lumas:
        is_changed = gate.judge(luma).is_changed
        if is_changed:
            gate.take(luma)
        yield is_changed


def marks(content: Sequence[int], passed: Sequence[bool]) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """`Outcome.seen` and `Outcome.alarms` of the numbers of what frames show, and which were encoded."""
    seen, alarms = [], []
    encoded = content[0]
    index = 0
    for shown, run in groupby(content):
        length = len(list(run))
        patience = length if shown == HAND_IN_VIEW else PATIENCE
        is_news = index > 0 and shown != encoded
        for place in range(index, index + length):
            if shown == encoded and shown != HAND_IN_VIEW and index + place > 0:
                alarms.append(passed[place])
            if passed[place]:
                encoded = shown
            if is_news and place == index + min(patience, length) - 1:
                seen.append(encoded == shown)
        index += length
    return tuple(seen), tuple(alarms)
