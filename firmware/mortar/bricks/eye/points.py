"""Which way of looking the power allows. Reads no clock."""

from __future__ import annotations

from collections.abc import Sequence

from mortar.power import Power
from mortar.settings import Point


def point_for(power: Power, points: Sequence[Point]) -> Point | None:
    """Of `points`, the best first: α's share of them is passed over from the end (NANOMIND's α scales what
    there is); the first on mains, the last when it is critical. None where there are none."""
    if not points:
        return None
    return points[round((1 - power.alpha) * (len(points) - 1))]
