"""Measures ways of looking: each is exported, asked about held-out pictures, and timed by itself."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from PIL import Image
from rich.console import Console

from mortar.bricks.language.prompt import PictureRows
from mortar.bricks.tiles import cut, grid_for, pictures_of
from mortar.clock import now_ms
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.tflite import TfliteVisionGraph
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.answerers.swapped import Swapped
from mortar_tools.cards.evaluate.exam import examine
from mortar_tools.cards.evaluate.figures import share_figure
from mortar_tools.tune.look import measured as measured_apart
from mortar_tools.tune.space import Conditions, Cost, Measured, Way
from mortar_tools.vision.convert.workshop import Made

READINGS = 5
"""Of the image tokens into the language model, of which the median counts."""


@dataclass(frozen=True)
class Exported:
    """A way of looking as a file."""

    way: Way
    part: VisionPart
    """What goes in and what comes out; without tiles where the way has none."""
    made: Made


def measure(found: Sequence[Exported], shipped: Shipped, held: Conditions) -> Iterator[Measured]:
    """One after the other; each shows its progress on standard error."""
    for number, one in enumerate(found, 1):
        title = f"{number} of {len(found)}, {one.way.name}"
        encode = _encoder(one, held.threads)
        exam = examine({one.way.name: Swapped(shipped, encode)}, held.paper(), held.scenes, title)
        accuracy = share_figure(
            "answer_accuracy", [reply.right for reply in exam[one.way.name].replies], seed=0
        )
        with Console(stderr=True).status(f"{title}: timing"):
            cost = _cost(one, shipped, encode, held)
        yield Measured(
            one.way,
            one.part.n_tok,
            accuracy.value,
            accuracy.interval,
            cost,
            round(cost.cpu_ms * held.watts, 2),
        )


def _encoder(one: Exported, threads: int) -> Callable[[Image.Image], Floats]:
    graph = TfliteVisionGraph(one.made.path, one.part, threads=threads)

    def encode(picture: Image.Image) -> Floats:
        seen = cut(picture, grid_for(picture.size, one.part), one.part)
        tokens = np.empty((len(seen), one.part.n_tok, one.part.n_embd), np.float32)
        for at in range(len(seen)):
            graph.run(seen[at : at + 1], tokens[at : at + 1])
        return tokens.reshape(-1, one.part.n_embd)

    return encode


def _cost(one: Exported, shipped: Shipped, encode: Callable[[Image.Image], Floats], held: Conditions) -> Cost:
    """The encoder by itself in a process, and what the language model needs to read its tokens here."""
    pictures = pictures_of(grid_for(held.picture_px, one.part), one.part)
    look = measured_apart(one.made.path, one.part, held.threads, pictures, held.times)
    tokens = encode(Image.new("RGB", held.picture_px, "grey"))
    readings = [_read_ms(shipped, tokens) for _ in range(READINGS)]
    read_ms = statistics.median(readings)
    return Cost(round(look.wall_ms + read_ms, 2), look.memory_MB, round(look.cpu_ms + read_ms, 2))


_numbers = count(1_000_000)
"""Of pictures that nobody has shown yet."""


def _read_ms(shipped: Shipped, tokens: Floats) -> float:
    began_ms = now_ms()
    shipped.read(tokens, PictureRows(next(_numbers), len(tokens)))
    return now_ms() - began_ms
