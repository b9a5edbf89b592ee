"""What `mortar tools eval closeup` leaves in a folder: closeup.json, a plot, and a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure as Canvas

from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.evaluate.plots import BLUE, GREEN, ORANGE, PURPLE, STYLE, errors
from mortar_tools.cards.evaluate.report import page, table

LOOKS = {
    "whole": ("the whole squashed", BLUE),
    "closeup": ("the close-up alone", ORANGE),
    "both": ("the whole and a close-up", GREEN),
    "tiles": ("the whole and four tiles", PURPLE),
}
"""Way of looking → label and colour."""

KINDS = {
    "objects_f1": "things named, F1",
    "describe_exact": "descriptions",
    "count_accuracy": "counts",
    "place_accuracy": "places",
    "yes_no_accuracy": "yes or no",
}

SIZES = {"to_8": "to 8 %", "to_12": "to 12 %", "to_16": "to 16 %", "to_24": "to 24 %", "above": "above"}
"""Group of scenes → label."""

NOTE = """Cards in pictures of 256×256 pixels, of which the encoder takes 128×128, as if seen from further
away than in training: half of the scenes have them all together in a part of the picture, half each in
its place. The same scenes and questions in every way of looking. Intervals are of 95 %; `minus` is a
paired difference. `size_to_8` are scenes whose smallest card takes up to 8 % of the picture's edge."""


def plot(found: Mapping[str, Figure]) -> Canvas:
    """F1 by the size of the smallest card, and beside it each kind of question."""
    canvas = Canvas(figsize=(8.2, 3.6), layout="constrained")
    panels = canvas.subplots(1, 2, sharey=True)
    groups = (
        {f"objects_f1_size_{name}": label for name, label in SIZES.items()},
        KINDS,
    )
    titles = (
        "things named (F1), by the smallest card's share of the edge",
        "all scenes, by kind of question",
    )
    for axes, names, title in zip(panels, groups, titles, strict=True):
        for at, (way, (label, colour)) in enumerate(LOOKS.items()):
            places = [i for i, name in enumerate(names) if f"{way}_{name}" in found]
            own = [found[f"{way}_{name}"] for name in names if f"{way}_{name}" in found]
            if own:
                axes.errorbar(
                    [place + 0.13 * (at - 1.5) for place in places],
                    [one.value for one in own],
                    yerr=errors(own),
                    fmt="o",
                    color=colour,
                    capsize=2,
                    markersize=4,
                    label=label,
                )
        axes.set_xticks(range(len(names)), list(names.values()))
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_ylim(0, 1)
    panels[0].set_ylabel("share right, with 95 % interval")
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(LOOKS))
    return canvas


def write(folder: Path, command: str, found: Sequence[Figure]) -> None:
    """Write closeup.json, closeup.svg and closeup.md."""
    with matplotlib.rc_context(STYLE):
        plot({one.name: one for one in found}).savefig(folder / "closeup.svg", metadata={"Date": None})
    held = {"command": command, "figures": [asdict(one) for one in found]}
    (folder / "closeup.json").write_text(json.dumps(held, indent=1) + "\n")
    title, drawn = "# A closer look at small cards", "![Ways of looking](closeup.svg)"
    (folder / "closeup.md").write_text(page((title, f"`{command}`", NOTE, drawn, table(found))))
