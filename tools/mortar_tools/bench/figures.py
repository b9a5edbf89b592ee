"""A measured figure, how it is printed, and how a quiet machine is told from a busy one."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from mortar.commands.timeline import without_web_fonts
from mortar.errors import MortarError, UsageError

BUSIEST = 0.15
"""Share of all cores in use beside the bench above which no timing is printed."""

WATCHED_S = 1.0


@dataclass(frozen=True)
class Figure:
    """One line of a bench: the median of `n` measurements, and the smallest and largest."""

    name: str
    value: float
    unit: str
    against: str | None
    n: int
    spread: tuple[float, float]


def figure(name: str, values: Sequence[float], unit: str, against: str | None = None) -> Figure:
    """The median of `values`; of a share, whose values are 0 or 1, the mean."""
    middle = statistics.fmean(values) if unit == "share" else statistics.median(values)
    return Figure(
        name,
        round(middle, 4),
        unit,
        against,
        len(values),
        (round(min(values), 4), round(max(values), 4)),
    )


def repeated(title: str, n: int) -> Iterator[int]:
    """0..n-1, with a progress bar on standard error where people look."""
    console = Console(stderr=True)
    yield from track(range(n), title, console=console, transient=True, disable=not console.is_terminal)


def require_quiet() -> None:
    """Raises MortarError while something else keeps the machine busy."""
    busy = busy_share(WATCHED_S)
    if busy > BUSIEST:
        raise MortarError(
            "machine-busy",
            f"the machine is {busy:.0%} busy with something else: timings would mean nothing",
            "stop the other work and run the bench again",
        )


def busy_share(over_s: float) -> float:
    """Share of the processors' time, 0..1, that was not idle during the next `over_s`."""
    before = _cpu_times()
    time.sleep(over_s)  # the length of the measurement itself
    after = _cpu_times()
    spent = [late - early for early, late in zip(before, after, strict=True)]
    idle = spent[3] + spent[4]
    return 1 - idle / max(sum(spent), 1)


def _cpu_times() -> list[int]:
    """user nice system idle iowait irq softirq steal, in clock ticks (proc(5), /proc/stat)."""
    return [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def show(figures: Iterable[Figure], as_json: bool, picture: Path | None = None) -> None:
    """Print each figure as it is measured (JSON lines), or a table at the end."""
    table = Table("figure", "median", "unit", "from … to", "n", "against", box=None)
    for held in figures:
        if as_json:
            print(json.dumps(asdict(held)), flush=True)
        table.add_row(
            held.name,
            f"{held.value:g}",
            held.unit,
            f"{held.spread[0]:g} … {held.spread[1]:g}",
            str(held.n),
            held.against or "",
        )
    console = Console(record=picture is not None, quiet=as_json and picture is None, stderr=as_json)
    console.print(table)
    if picture is not None:
        svg = without_web_fonts(console.export_svg(title="mortar tools bench"))
        picture.write_text(svg, encoding="utf-8")


def bench(
    argv: list[str] | None,
    name: str,
    about: str | None,
    n: int,
    measure: Callable[[Path, int], Iterator[Figure]],
) -> int:
    """The command line of a bench. Raises UsageError for a count that measures nothing."""
    return run(options(name, about, n).parse_args(argv), measure)


def options(name: str, about: str | None, n: int) -> argparse.ArgumentParser:
    """What every bench can be told."""
    parser = argparse.ArgumentParser(prog=f"mortar tools bench {name}", description=about)
    parser.add_argument("--n", type=int, default=n, help=f"measurements of each kind (default: {n})")
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="save the table as SVG")
    return parser


def run(args: argparse.Namespace, measure: Callable[[Path, int], Iterator[Figure]]) -> int:
    """Measure on a quiet machine, and show. Raises UsageError for a count that measures nothing."""
    if args.n < 1:
        raise UsageError("n-wrong", f"--n {args.n} measures nothing", "give 1 or more")
    require_quiet()
    with tempfile.TemporaryDirectory(prefix="mortar-bench-") as folder:
        show(measure(Path(folder), args.n), args.json, args.picture)
    return 0
