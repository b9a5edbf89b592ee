"""What pruning came to, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mortar_tools.prune.trial import Row
from mortar_tools.weights.quality import EXACT, F1, LOSS

WIDTH = 150
"""Of the table, in characters."""
SHOWN = {LOSS: "loss a token", EXACT: "exact answers", F1: "things, F1"}


def lines(rows: Sequence[Row]) -> list[str]:
    """One JSON object a figure, as every evaluation of ours prints them."""
    found = []
    for row in rows:
        about = {"model": row.name, "step": row.step}
        sizes = {"parameters": ("count", row.parameters), "size_bytes": ("bytes", row.size_bytes)}
        found += [
            {"name": name, "value": value, "unit": unit, "n": 1, **about}
            for name, (unit, value) in sizes.items()
        ]
        found += [{**asdict(one), "unit": unit(one.name), **about} for one in (*row.figures, *row.changes)]
    return [json.dumps(one) for one in found]


def unit(name: str) -> str:
    """Of a figure."""
    return "nats" if name.startswith(LOSS) else "share"


def table(rows: Sequence[Row]) -> Table:
    """One row a model: sizes, figures with 95 % intervals, and how far its answers are from the first's."""
    found = Table(box=None, header_style="dim")
    for title in ("model", "", "parameters", "kB", *SHOWN.values(), "exact, change", "steps"):
        left = title in ("model", "")
        found.add_column(title, justify="left" if left else "right", no_wrap=True)
    for row in rows:
        found.add_row(*cells(row))
    return found


def cells(row: Row) -> list[str]:
    """Of the table, and of the page."""
    shown = [f"{row.figure(LOSS).value:.3f}"]
    for held in (row.figure(EXACT), row.figure(F1)):
        low, high = held.interval
        shown.append(f"{held.value:.3f} ({low:.3f} to {high:.3f})")
    change = next((one for one in row.changes if one.name == f"{EXACT}_change"), None)
    moved = f"{change.value:+.3f} ({change.interval[0]:+.3f} to {change.interval[1]:+.3f})" if change else ""
    steps = str(row.recovery.steps) if row.recovery else ""
    return [
        row.name,
        str(row.step),
        f"{row.parameters:,}",
        f"{row.size_bytes / 1000:,.0f}",
        *shown,
        moved,
        steps,
    ]


def markdown(rows: Sequence[Row]) -> str:
    """The table for a page."""
    titles = ["model", "", "parameters", "kB", *SHOWN.values(), "exact, change", "steps"]
    found = [titles, ["---"] * len(titles), *(cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(one)} |" for one in found) + "\n"


def show(rows: Sequence[Row], as_json: bool) -> None:
    """Print."""
    if as_json:
        print("\n".join(lines(rows)))
        return
    Console(width=WIDTH).print(table(rows))


def save(rows: Sequence[Row], folder: Path) -> None:
    """The table and its figures, for a page of the docs."""
    (folder / "table.md").write_text(markdown(rows), encoding="utf-8")
    (folder / "figures.jsonl").write_text("\n".join(lines(rows)) + "\n", encoding="utf-8")
