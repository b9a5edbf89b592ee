"""Which layers of an INT8 graph make it wrong, from the toolkit's own analysis."""

from __future__ import annotations

import re
from dataclasses import dataclass

ROW = re.compile(
    r"^\[(?P<operator>\w+)\] (?P<name>\S+)\s+(?P<entire>[\d.]+) \| \S+\s+(?P<alone>[\d.]+) \| \S+", re.M
)
"""A layer in error_analysis.txt: cosine and distance of what comes out of it, in the graph and by itself."""

NO_LAYERS = {"Input", "exDataConvert"}
"""What the table has beside the layers that can be chosen."""


@dataclass(frozen=True)
class Layer:
    """One layer. Those that only move numbers round them too, each to a range of its own."""

    operator: str
    name: str
    alone: float
    """Cosine of its output to the float one, both of the same inputs: its own doing."""


def worst_first(table: str) -> list[Layer]:
    """The layers of a table of the toolkit's, the most harmful first."""
    found = [Layer(row["operator"], row["name"], float(row["alone"])) for row in ROW.finditer(table)]
    return sorted((one for one in found if one.operator not in NO_LAYERS), key=lambda one: one.alone)
