"""Ways of placing a language model: the time of a token against the memory of the process."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

from mortar_tools.bench.placings import Measured


def save(found: Mapping[str, Sequence[Measured]], path: Path) -> None:
    """A bar of memory a way, its own and files' pages apart; beside it the times of a token."""
    names = list(found)
    figure, (memory, time) = pyplot.subplots(1, 2, figsize=(10, 0.6 * len(names) + 1.5), layout="constrained")
    own = [_median(found[name], "anonymous_MB") for name in names]
    shared = [_median(found[name], "file_MB") for name in names]
    memory.barh(names, own, color="tab:blue", label="its own")
    memory.barh(names, shared, left=own, color="0.8", label="pages of files")
    memory.set_xlabel("memory of the process (MB)")
    memory.legend()
    for kind, colour in (("read", "tab:green"), ("write", "tab:orange")):
        values = [[getattr(one, f"{kind}_ms_per_tok") for one in found[name]] for name in names]
        middle = [statistics.median(one) for one in values]
        spread = [
            [at - min(one) for at, one in zip(middle, values, strict=True)],
            [max(one) - at for at, one in zip(middle, values, strict=True)],
        ]
        time.errorbar(middle, names, xerr=spread, fmt="o", color=colour, label=f"a token {kind}")
    time.set_xlabel("time (ms), median and range")
    time.set_xlim(left=0)
    time.legend()
    for axes in (memory, time):
        axes.invert_yaxis()
        axes.grid(alpha=0.3, axis="x")
    figure.savefig(path)
    pyplot.close(figure)


def _median(measured: Sequence[Measured], field: str) -> float:
    return statistics.median(getattr(one, field) for one in measured)
