"""Scenes of picture cards, drawn from a seed together with their ground truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.things import UNKNOWN, WORK, printed, things, unknown
from mortar_tools.cards.world import art, camera, card
from mortar_tools.cards.world.layout import Place, arrange, from_afar
from mortar_tools.cards.world.surfaces import clutter, surface

SIZE = 128
"""Edge of a picture in pixels, which is what the model looks at in one go."""
PATCH = 16
"""Edge of the cells that `Scene.patches` is given in, in a picture of SIZE."""
CELLS = SIZE // PATCH
MOST_THINGS = 6
FEWEST_PIXELS = 24
"""In a picture of SIZE; a larger one needs more of them for the same thing."""
LEAST_VISIBLE = 0.35
"""A thing with fewer visible pixels, or less of it uncovered, is not held against the model."""
DARK_LEVEL = 10
"""Mean pixel value under which a picture without cards is called dark."""
DIM_LEVEL = 60
"""Mean pixel value under which a photograph counts as dim."""

SPLITS = {
    "train": range(10_000_000),
    "valid": range(10_000_000, 11_000_000),
    "test": range(11_000_000, 12_000_000),
    "unseen": range(12_000_000, 13_000_000),
    "gallery": range(13_000_000, 13_100_000),
    "quantise": range(13_100_000, 13_200_000),
}
"""Seeds of each split. A scene's seed alone decides its picture, so splits cannot share one."""

NUMBER_SHARES = (0.03, 0.25, 0.25, 0.20, 0.13, 0.08, 0.06)
"""How often a scene has 0, 1, 2 ... cards."""
REPEATED = 0.4
"""How often a card shows what an earlier one shows: counting needs it."""
PRINTED_STYLE_SHARE = 0.3
SHAPE_SHARE = 0.12
UNKNOWN_SHARE = 0.05
"""Shares of the cards that show a plain coloured shape, and something that the model has no word for."""


@dataclass(frozen=True)
class Seen:
    """Ground truth of one thing in a picture."""

    thing: int
    """Class number: place in `things()`, or UNKNOWN."""
    x: float
    """Centre from the left edge, 0..1."""
    y: float
    """Centre from the top edge, 0..1."""
    size: float = 0.0
    """Longer edge of the box around what is visible of it, as a share of the picture's edge."""


@dataclass(frozen=True)
class Scene:
    """A drawn picture and what is in it."""

    picture: NDArray[np.uint8]
    """[edge, edge, 3] RGB; the edge is SIZE unless a larger one was asked for."""
    seen: tuple[Seen, ...]
    patches: NDArray[np.uint8]
    """[CELLS, CELLS]: class number + 1 of the thing that covers each cell, 0 where none does."""
    dark: bool
    """Too dark to see anything: then `seen` is empty."""
    styles: tuple[str, ...]
    """Drawing styles in use."""
    light: str
    """screen: nothing happened to the light · normal · dim · dark."""

    @property
    def smallest(self) -> float:
        """Size of the smallest thing, as a share of the picture's edge; 1 where there is none."""
        return min((thing.size for thing in self.seen), default=1.0)


def pick_kind(rng: np.random.Generator) -> int:
    """A thing, now and then a coloured shape or something unknown."""
    chance = rng.random()
    if chance < UNKNOWN_SHARE:
        return UNKNOWN
    if chance < UNKNOWN_SHARE + SHAPE_SHARE:
        return int(rng.integers(len(printed()), len(things())))
    return int(rng.integers(len(printed())))


def pick_kinds(rng: np.random.Generator, n: int) -> list[int]:
    """Class numbers of n things, in random order."""
    kinds = [pick_kind(rng) for _ in range(n)]
    for i in range(1, n):
        if rng.random() < REPEATED:
            kinds[i] = kinds[rng.integers(i)]
    return [kinds[i] for i in rng.permutation(n)]


def random_style(rng: np.random.Generator) -> str:
    """A style that is trained on; most often the one that is printed."""
    if rng.random() < PRINTED_STYLE_SHARE:
        return art.PRINTED_STYLE
    return art.TRAINED_STYLES[rng.integers(len(art.TRAINED_STYLES))]


def pick_sticker(
    rng: np.random.Generator, kind: int, style: str | None, kept: bool, work: Path
) -> tuple[NDArray[np.uint8], str]:
    """A pictogram of the thing and its style: usually the printed one, now and then another."""
    if kind == UNKNOWN:
        pictures = unknown().kept_pictures if kept else unknown().taught_pictures
        emoji = pictures[rng.integers(len(pictures))]
    elif things()[kind].colour is not None:
        return card.draw_shape(rng, things()[kind]), "shape"
    else:
        emojis = things()[kind].emojis
        emoji = emojis[0] if rng.random() < 0.7 else emojis[rng.integers(len(emojis))]
    code = art.code_of(emoji)
    has = art.styles_of(code, work)
    if style is None or (style not in has and style != art.UNSEEN_STYLE):
        style = has[rng.integers(len(has))]
    return art.load(work)[f"{style}/{code}"], style


def cell_classes(labels: NDArray[np.uint8], kinds: list[int]) -> NDArray[np.uint8]:
    """[CELLS, CELLS] class + 1 of the thing with most pixels in each cell, 0 below a tenth of it."""
    cell = len(labels) // CELLS
    best = np.full((CELLS, CELLS), 0.1 * cell * cell)
    found = np.zeros((CELLS, CELLS), np.uint8)
    for label, kind in enumerate(kinds, 1):
        share = (labels == label).reshape(CELLS, cell, CELLS, cell).sum((1, 3))
        found[share >= best] = kind + 1
        best = np.maximum(best, share)
    return found


def locate(labels: NDArray[np.uint8], kinds: list[int], whole: list[int]) -> tuple[Seen, ...]:
    """Where each thing ended up: the box around its visible pixels. `whole`: pixels of each, uncovered."""
    seen = []
    edge = len(labels)
    fewest = FEWEST_PIXELS * (edge / SIZE) ** 2
    for label, kind in enumerate(kinds, 1):
        mine = labels == label
        rows, columns = np.flatnonzero(mine.any(1)), np.flatnonzero(mine.any(0))
        visible = int(mine.sum())
        if visible < fewest or visible < LEAST_VISIBLE * whole[label - 1]:
            continue
        left, right = int(columns[0]), int(columns[-1]) + 1
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        size = max(right - left, bottom - top) / edge
        seen.append(Seen(kind, (left + right) / 2 / edge, (top + bottom) / 2 / edge, size))
    return tuple(seen)


def lay(
    rng: np.random.Generator,
    canvas: NDArray[np.uint8],
    places: list[Place],
    kinds: list[int],
    style: str | None,
    kept: bool,
    work: Path,
) -> tuple[NDArray[np.uint8], list[int], tuple[str, ...]]:
    """Lay cards onto the canvas: labels of its size, uncovered pixels of each thing, styles in use."""
    labels = np.zeros(canvas.shape[:2], np.uint8)
    look, view = card.random_look(rng), camera.viewpoint(rng, len(canvas))
    common = style or random_style(rng)
    whole: list[int] = []
    styles: Counter[str] = Counter()
    for label, (place, kind) in enumerate(zip(places, kinds, strict=True), 1):
        wanted = None if style is None and rng.random() < 0.2 else common
        sticker, drawn = pick_sticker(rng, kind, wanted, kept, work)
        styles[drawn] += 1
        if style is None:
            sticker = card.vary(rng, sticker)
        whole.append(card.put(canvas, labels, look, place, view, sticker, label))
    return labels, whole, tuple(sorted(styles))


def draw(
    seed: int,
    style: str | None = None,
    kept: bool = False,
    work: Path = WORK,
    edge_px: int = SIZE,
    afar: bool = False,
) -> Scene:
    """The scene of a seed.

    `style` draws all cards in that style instead of the trained ones; `kept` draws unknown cards
    from the pictures that are kept for evaluation. `edge_px`, a multiple of SIZE, draws a larger picture, in
    which small cards have more pixels; `afar` draws the cards smaller, as if seen from further away.
    """
    rng = np.random.default_rng(seed)
    covered = rng.random() < 0.02
    n = int(np.searchsorted(np.cumsum(NUMBER_SHARES), rng.random() * sum(NUMBER_SHARES)))
    canvas = surface(rng, edge_px)
    if rng.random() < 0.15:
        clutter(rng, canvas)
    kinds, places = pick_kinds(rng, n), arrange(rng, n)
    if afar:
        places = from_afar(rng, places)
    labels, whole, styles = lay(rng, canvas, places, kinds, style, kept, work)
    if covered:
        picture, light = camera.photograph_dark(rng, canvas), "dark"
        kinds, labels = [], np.zeros_like(labels)
    elif rng.random() < 0.25:
        # A screenshot or somebody else's drawing: nothing happens to the light.
        picture, light = canvas, "screen"
    else:
        small = any(min(place.width, place.height) < 0.25 for place in places)
        picture = camera.photograph(rng, canvas, sharp=small)
        light = "dim" if float(picture.mean()) < DIM_LEVEL else "normal"
    seen = locate(labels, kinds, whole)
    dark = covered or (not seen and float(picture.mean()) < DARK_LEVEL)
    return Scene(picture, seen, cell_classes(labels, kinds), dark, styles, "dark" if dark else light)
