"""The figures of `mortar tools eval watching`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mortar_tools.cards.evaluate.figures import Figure, share_figure
from mortar_tools.watching.measures import MEASURES
from mortar_tools.watching.outcomes import Outcome
from mortar_tools.watching.sequences import EVENTS, Kind

CHOSEN = "outside"
"""The gate's own measure."""

SMALL = 0.2
"""Edge, as a share of the picture's width, below which a card counts as small."""


@dataclass(frozen=True)
class Point:
    """One limit of a measure."""

    measure: str
    limit: float
    missed: Figure
    alarms: Figure


def figures(found: Sequence[Outcome], seed: int) -> Iterator[Figure]:
    """Of each measure at its limit: changes missed, and still frames taken for one; of the gate's own also by
    what happens."""
    for name, measured in MEASURES.items():
        mine = [one for one in found if one.measure == name and one.limit == measured.chosen]
        yield _missed(f"missed_{name}", mine, seed)
        yield _alarms(f"false_alarms_{name}", mine, seed)
        yield share_figure(f"encoded_{name}", _encoded(mine), seed)
    own = [one for one in found if one.measure == CHOSEN and one.limit == MEASURES[CHOSEN].chosen]
    for kind in Kind:
        of_kind = [one for one in own if one.kind is kind]
        name = kind.value.replace(" ", "_")
        yield (
            _missed(f"missed_{name}", of_kind, seed)
            if kind in EVENTS
            else _alarms(f"false_alarms_{name}", of_kind, seed)
        )
    if small := [one for one in own if 0 < one.card_edge < SMALL]:
        yield _missed("missed_small_card", small, seed)


def curve(found: Sequence[Outcome], measure: str, seed: int) -> list[Point]:
    """Of every limit, from low to high."""
    points = []
    for limit in sorted({one.limit for one in found if one.measure == measure}):
        mine = [one for one in found if one.measure == measure and one.limit == limit]
        points.append(
            Point(
                *(measure, limit),
                _missed(f"missed_{measure}_{limit:g}", mine, seed),
                _alarms(f"false_alarms_{measure}_{limit:g}", mine, seed),
            )
        )
    return points


def _missed(name: str, found: Sequence[Outcome], seed: int) -> Figure:
    return share_figure(name, [not seen for one in found for seen in one.seen], seed)


def _alarms(name: str, found: Sequence[Outcome], seed: int) -> Figure:
    return share_figure(name, [alarm for one in found for alarm in one.alarms], seed)


def _encoded(found: Sequence[Outcome]) -> list[bool]:
    """A mark a frame: how much of all is encoded."""
    encoded = sum(one.encoded for one in found)
    return [True] * encoded + [False] * (sum(one.n for one in found) - encoded)
