"""`mortar tools eval wake`: how often a wake word is missed, and how often something else is taken for it.

The sound is synthetic, made from a seed: espeak-ng voices that say the wake word, what sounds like it and
other sentences, music-like and household-like sound. Nobody's real voice is in these figures; --folder
takes recordings of your own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mortar.errors import UsageError
from mortar.runtimes import choose, wake_words
from mortar.runtimes.wake_words import WakeWord
from mortar.settings import Ears
from mortar_tools.cards.evaluate.figures import Figure, as_json, as_table
from mortar_tools.out import require_plots
from mortar_tools.processes import in_processes
from mortar_tools.wake.corpus import Part, folder_parts, parts
from mortar_tools.wake.figures import Heard, Point, curve, figures
from mortar_tools.wake.score import scored

LEAST_HOURS = 0.05
"""A minute of each kind of sound."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools eval wake", description=__doc__)
    found.add_argument("--word", default="okay_nabu", help="default: okay_nabu")
    found.add_argument("--sensitivity", type=float, default=0.5, help="operating point (default: 0.5)")
    found.add_argument("--n", type=int, default=100, help="sayings of the word (default: 100)")
    found.add_argument("--hours", type=float, default=0.1, help="other sound (default: 0.1)")
    found.add_argument("--seed", type=int, default=7, help="another number, other sound (default: 7)")
    found.add_argument("--folder", type=Path, metavar="DIR", help="recordings of your own instead")
    found.add_argument("--out", type=Path, metavar="DIR", help="write the curve: wake-WORD.svg and .json")
    found.add_argument("--json", action="store_true", help="one JSON object a figure")
    return found


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    word, corpus = checked(options)
    heard_parts = list(in_processes("hearing", partial(scored, word), corpus))
    heard, cooldown_ms = Heard.of(heard_parts), Ears().wake_cooldown_ms
    found = list(figures(heard, word.at(options.sensitivity), cooldown_ms, options.seed))
    points = curve(heard, word, cooldown_ms, options.seed)
    show(found, points, options.json)
    if options.out is not None:
        write(options, found, points)
    return 0


def checked(options: argparse.Namespace) -> tuple[WakeWord, Sequence[Part]]:
    """The word and what it will hear. Raises UsageError for what would fail only after minutes."""
    if options.n < 1 or options.hours < LEAST_HOURS or not 0 <= options.sensitivity <= 1 or options.seed < 0:
        raise UsageError(
            "wake-options-wrong",
            "these numbers measure nothing",
            f"give --n 1 or more, --hours {LEAST_HOURS} or more, --seed 0 or more, --sensitivity 0 to 1",
        )
    wake_words.require_known([options.word])
    word = choose.usable_wake_word(wake_words.known()[options.word])
    if options.out is not None:
        require_plots(options.out)
    if options.folder is not None:
        return word, folder_parts(options.folder, options.word)
    return word, parts(options.word, options.n, options.hours, options.seed)


def show(found: Sequence[Figure], points: Sequence[Point], in_json: bool) -> None:
    """The figures at the operating point, and the curve."""
    if in_json:
        as_json([*found, *(figure for point in points for figure in point.figures)])
        return
    as_table(found)
    headings = ("sensitivity", "cutoff", "missed", "95 % interval", "false an hour", "95 % interval")
    table = Table(*headings, box=None)
    for point in points[::2]:
        missed, false = point.misses, point.false_accepts
        table.add_row(
            f"{point.sensitivity:g}",
            f"{point.cutoff:.3f}",
            f"{missed.value:.1%}",
            f"{missed.interval[0]:.1%} to {missed.interval[1]:.1%}",
            f"{false.value:.2f}",
            f"{false.interval[0]:.2f} to {false.interval[1]:.2f}",
        )
    Console().print(table)


def write(options: argparse.Namespace, found: Sequence[Figure], points: Sequence[Point]) -> None:
    """wake-WORD.svg and wake-WORD.json in --out."""
    from mortar_tools.wake import plots  # plotting needs a package that measuring does not

    sound = "recordings" if options.folder else f"synthetic sound, {options.hours:g} h, seed {options.seed}"
    told = {
        "word": options.word,
        "sensitivity": options.sensitivity,
        "sound": sound,
        "figures": [asdict(figure) for figure in found],
        "curve": [asdict(point) for point in points],
    }
    stem = options.out / f"wake-{options.word}"
    stem.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
    title = f"{options.word}: {sound}; bars are 95 % intervals"
    plots.save(stem.with_suffix(".svg"), title, points, options.sensitivity)
