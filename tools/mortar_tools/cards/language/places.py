"""What is plain about where things lie, and None where it is not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from mortar_tools.cards.world.scene import Seen

SAME_COLUMN, NEXT_COLUMN = 0.07, 0.11
"""Sideways gaps, as shares of the picture: up to the one two things stand above each other, from the
other on they stand beside each other, and between the two people may see it either way."""
SAME_ROW = 0.05
"""Things of one column that are no further apart in height are in no plain order."""

SIDES = {"left": (0.0, 0.36), "middle": (0.42, 0.58), "right": (0.64, 1.0)}
HEIGHTS = {"top": (0.0, 0.28), "": (0.36, 0.64), "bottom": (0.72, 1.0)}
"""Where a thing's centre must lie to be clearly there."""

BETWEEN, ASIDE = -0.8, 0.0
"""Cosine of the angle in which a thing sees two others: up to the one (143°) it is between them, from
the other (90°) on it is not."""

Column = list[Seen]


def columns(seen: Iterable[Seen], gap: float) -> list[Column] | None:
    """Columns from the left, each from the top; `gap` parts columns. None: in no plain order."""
    found: list[Column] = []
    for one in sorted(seen, key=lambda one: one.x):
        if not found or one.x - found[-1][-1].x > gap:
            found.append([])
        found[-1].append(one)
    for column in found:
        column.sort(key=lambda one: one.y)
        if any(low.thing != up.thing and low.y - up.y <= SAME_ROW for up, low in pairwise(column)):
            return None
    return found


def zone(value: float, zones: dict[str, tuple[float, float]]) -> str | None:
    """The zone that a coordinate is clearly in."""
    return next((name for name, (low, high) in zones.items() if low <= value <= high), None)


def between(one: Seen, other: Seen, third: Seen) -> bool | None:
    """Whether the third stands between the two."""
    x1, y1, x2, y2 = one.x - third.x, one.y - third.y, other.x - third.x, other.y - third.y
    lengths = math.hypot(x1, y1) * math.hypot(x2, y2)
    cosine = (x1 * x2 + y1 * y2) / lengths if lengths else 1.0
    return None if BETWEEN < cosine < ASIDE else cosine <= BETWEEN
