"""`mortar tools eval closeup`: the same small cards, looked at in different ways."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from mortar.bricks.picture import pixels
from mortar.bricks.tiles import Grid, cut
from mortar.bricks.views import closer
from mortar.runtimes.interfaces import Pixels
from mortar.runtimes.manifest import Fit, Tiles, VisionPart
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.answerers.swapped import Swapped
from mortar_tools.cards.evaluate.command import check, numbers
from mortar_tools.cards.evaluate.compare import COMPARED, differences
from mortar_tools.cards.evaluate.exam import Exam, Sheet, examine, sheet
from mortar_tools.cards.evaluate.figures import Figure, as_json, as_table, defined
from mortar_tools.cards.evaluate.results import f1_figure, share_figures
from mortar_tools.cards.things import CARDS, WORK
from mortar_tools.cards.world.scene import SIZE, draw

EDGE_PX = 256
"""Of the pictures, unless otherwise asked for: twice what the encoder takes."""

SIZES = (("to_8", 0.08), ("to_12", 0.12), ("to_16", 0.16), ("to_24", 0.24), ("above", 1.0))
"""Name → up to which share of the picture's edge the smallest card reaches."""

Way = Callable[[Image.Image, VisionPart], Pixels]
"""RGB picture → what the encoder gets of it, uint8 [n, height_px, width_px, 3]."""


def whole(picture: Image.Image, part: VisionPart) -> Pixels:
    return pixels(picture, part.width_px, part.height_px)


def both(picture: Image.Image, part: VisionPart) -> Pixels:
    return closer(picture, part.width_px, part.height_px)


def closeup_alone(picture: Image.Image, part: VisionPart) -> Pixels:
    """Where there is no close-up, the whole."""
    return both(picture, part)[-1:]


def four_tiles(picture: Image.Image, part: VisionPart) -> Pixels:
    tiles = Tiles(most_across=2, most=4, fit=Fit.SQUASH)
    return cut(picture, Grid(2, 2), msgspec.structs.replace(part, tiles=tiles))


WAYS: dict[str, Way] = {"whole": whole, "closeup": closeup_alone, "both": both, "tiles": four_tiles}
"""The first is what the others are compared with."""

BEFORE = "before"
"""Another model, which looks at the whole; then that is what all are compared with."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="mortar tools eval closeup", description="Whether a closer look helps with small cards."
    )
    found.add_argument("--n", type=int, default=500, help="scenes (default: 500)")
    found.add_argument("--seed", type=int, default=0, help="another number, other scenes (default: 0)")
    found.add_argument("--model", type=Path, metavar="DIR", default=CARDS, help="default: the bundled one")
    found.add_argument("--before", type=Path, metavar="DIR", help="another model, to compare with")
    found.add_argument("--near", action="store_true", help="cards as `eval cards` has them, not smaller")
    found.add_argument("--edge-px", type=int, choices=(SIZE, EDGE_PX), default=EDGE_PX, help="of pictures")
    found.add_argument("--way", choices=WAYS, action="append", help="of looking; default: all")
    found.add_argument("--out", type=Path, metavar="DIR", help="write closeup.md with a plot")
    found.add_argument("--json", action="store_true", help="one JSON line a figure")
    found.add_argument("--work", type=Path, default=WORK, help="where the art is")
    return found


def main(argv: list[str] | None = None) -> int:
    """Ask about the same scenes in every way, and print the figures."""
    options = parser().parse_args(argv)
    check(options)
    found = figures(taken(options), options.seed)
    if options.out is not None:
        from mortar_tools.cards.evaluate import (
            closeup_report,
        )  # plotting needs a package that asking does not

        closeup_report.write(options.out, told(options), found)
    (as_json if options.json else as_table)(found)
    return 0


def told(options: argparse.Namespace) -> str:
    """The command that gives these figures."""
    near = " --near" if options.near else ""
    return f"mortar tools eval closeup --n {options.n} --seed {options.seed}{near}"


def taken(options: argparse.Namespace) -> dict[str, Exam]:
    """What was answered in each way: by the shipped files, about the same scenes."""
    ways = {name: WAYS[name] for name in options.way or WAYS}
    answerers = {name: looking(Shipped(options.model), way) for name, way in ways.items()}
    if options.before is not None:
        answerers = {BEFORE: looking(Shipped(options.before), whole)} | answerers
    return examine(answerers, paper(options), options.n, ", ".join(answerers))


def looking(model: Shipped, way: Way) -> Swapped:
    """The model, which looks in that way."""
    return Swapped(model, lambda picture: model.encode_views(way(picture, model.part)))


def paper(options: argparse.Namespace) -> Iterator[Sheet]:
    """Scenes of the test split with questions: those of `eval cards`, drawn larger and from further away."""
    for number in numbers("test", options, options.n):
        scene = draw(number, kept=True, work=options.work, edge_px=options.edge_px, afar=not options.near)
        yield sheet(scene, np.random.default_rng([options.seed, number]), SIZES)


def figures(exams: Mapping[str, Exam], seed: int) -> list[Figure]:
    """Of each way, also by size; and how much more the others get right than the first."""
    found = [replace(one, name=f"{way}_{one.name}") for way in exams for one in own(exams[way], seed)]
    first, *others = exams
    for way in others:
        found += differences(f"{way}_minus_{first}_", exams[way], exams[first], seed)
    return defined(found)


def own(exam: Exam, seed: int) -> list[Figure]:
    """The figures of one way."""
    found = [f1_figure("objects_f1", exam.described, seed)]
    found += [one for one in share_figures(exam.replies, seed) if one.name in COMPARED]
    for size, _ in SIZES:
        mine = [one for one in exam.described if f"size_{size}" in one.groups]
        if mine:
            found.append(f1_figure(f"objects_f1_size_{size}", mine, seed))
    return found
