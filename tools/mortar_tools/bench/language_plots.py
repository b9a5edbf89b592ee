"""The plot of `mortar tools bench language`: every ratio, with what is aimed at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mortar_tools.bench.figures import Figure

AIMS = {
    "spoken_wait_ratio": 0.25,
    "button_wait_ratio": 0.9,
    "warm_start_ratio": 0.2,
    "peak_ratio": 0.9,
    "decode_ratio": 1.03,
}
"""End of a figure's name → the most that it should be."""


def plot(figures: Sequence[Figure], folder: Path) -> Path:
    """Saves ratios.svg, and gives its path."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = [(one, aim) for one in figures for end, aim in AIMS.items() if one.name.endswith(end)]
    pyplot.rcParams["svg.hashsalt"] = "mortar"
    drawn, axes = pyplot.subplots(figsize=(8, 0.4 * len(shown) + 1), layout="constrained")
    for place, (one, aim) in enumerate(reversed(shown)):
        axes.barh(place, one.value, color="tab:blue" if one.value <= aim else "tab:orange", height=0.6)
        axes.plot(one.spread, (place, place), color="black", linewidth=1)
        axes.plot((aim, aim), (place - 0.4, place + 0.4), color="tab:red", linewidth=2)
    axes.set_yticks(range(len(shown)), [one.name for one, _ in reversed(shown)])
    axes.set_xlabel("ratio to the alternative; red: what is aimed at; black: smallest to largest")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ratios.svg"
    drawn.savefig(path, metadata={"Date": None})
    pyplot.close(drawn)
    return path
