"""Scenes of picture cards, drawn from a seed together with their ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from mortar_tools.cards import art, camera
from mortar_tools.cards.layout import Place, arrange
from mortar_tools.cards.surfaces import Picture, surface
from mortar_tools.cards.things import WORK, things

SIZE = 128
"""Edge of a picture in pixels, which is what the model looks at."""
MARGIN = 16
"""Drawn around the picture, so that perspective and tilt have something to pull in."""
CANVAS = SIZE + 2 * MARGIN
PATCH = 16
MOST_THINGS = 5
FEWEST_PIXELS = 24
"""A thing with fewer visible pixels, covered by another, is not held against the model."""
DARK_LEVEL = 10
"""Mean pixel value under which a picture without cards is called dark."""

SPLITS = {
    "train": range(10_000_000),
    "valid": range(10_000_000, 11_000_000),
    "test": range(11_000_000, 12_000_000),
    "unseen": range(12_000_000, 13_000_000),
}
"""Seeds of each split. A scene's seed alone decides its picture, so splits cannot share one."""


@dataclass(frozen=True)
class Seen:
    """Ground truth of one thing in a picture."""

    thing: int
    """Class number: place in `things()`."""
    x: float
    """Centre from the left edge, 0..1."""
    y: float
    """Centre from the top edge, 0..1."""


@dataclass(frozen=True)
class Scene:
    """A drawn picture and what is in it."""

    picture: NDArray[np.uint8]
    """[SIZE, SIZE, 3] RGB."""
    seen: tuple[Seen, ...]
    patches: NDArray[np.uint8]
    """[8, 8]: class number + 1 of the thing that covers each patch, 0 where none does."""
    dark: bool
    """Too dark to see anything: then `seen` is empty."""
    styles: tuple[str, ...]
    """Drawing styles in use."""


@dataclass(frozen=True)
class Look:
    """How the cards of one scene are made."""

    kind: str
    """card: a filled card · outline: only its edge · bare: the pictogram alone."""
    fill: tuple[int, int, int]
    edge: tuple[int, int, int] | None
    corner: float
    """Corner radius as a share of the card."""
    share: float
    """Edge of the pictogram as a share of the card's."""
    shadow: float
    """Strength of the shadow, 0..1."""


PAPERS = ((255, 255, 255), (255, 253, 244), (250, 244, 225), (226, 240, 252), (252, 228, 232))


def random_look(rng: np.random.Generator) -> Look:
    """Cards of a random making."""
    kind = str(rng.choice(["card", "bare", "outline"], p=[0.65, 0.27, 0.08]))
    paper = PAPERS[rng.choice(len(PAPERS), p=[0.6, 0.1, 0.1, 0.1, 0.1])]
    pen = int(rng.integers(0, 200))
    return Look(
        kind=kind,
        fill=paper,
        edge=(pen, pen, pen) if kind == "outline" or rng.random() < 0.3 else None,
        corner=float(rng.choice([0.0, rng.uniform(0.03, 0.2)])),
        share=0.98 if kind == "bare" else float(rng.uniform(0.6, 0.92)),
        shadow=float(rng.choice([0.0, rng.uniform(0.1, 0.6)])),
    )


def draw_card(look: Look, pictogram: NDArray[np.uint8], edge: int) -> tuple[Image.Image, Image.Image]:
    """RGBA card and the L mask of its pictogram, both `edge` pixels square."""
    card = Image.new("RGBA", (edge, edge), (*look.fill, 0))
    if look.kind != "bare":
        ImageDraw.Draw(card).rounded_rectangle(
            (0, 0, edge - 1, edge - 1),
            radius=look.corner * edge,
            fill=look.fill if look.kind == "card" else None,
            outline=look.edge,
            width=max(1, edge // 40),
        )
    inner = max(8, round(edge * look.share))
    sticker = Image.fromarray(pictogram).resize((inner, inner), Image.Resampling.BILINEAR)
    corner = (edge - inner) // 2
    card.alpha_composite(sticker, (corner, corner))
    mask = Image.new("L", (edge, edge), 0)
    mask.paste(sticker.getchannel("A"), (corner, corner))
    return card, mask


def put(
    canvas: Image.Image,
    labels: Image.Image,
    look: Look,
    place: Place,
    pictogram: NDArray[np.uint8],
    label: int,
) -> None:
    """Draw one card onto the canvas, and its pictogram's `label` onto the label canvas."""
    edge = int(max(24, 2 * max(place.width, place.height) * SIZE))
    card, mask = draw_card(look, pictogram, edge)
    if place.turn:
        card = card.rotate(place.turn, Image.Resampling.BILINEAR, expand=True)
        mask = mask.rotate(place.turn, Image.Resampling.BILINEAR, expand=True)
    grown = card.width / edge
    size = (
        max(6, round(place.width * SIZE * grown)),
        max(6, round(place.height * SIZE * grown)),
    )
    card = card.resize(size, Image.Resampling.BILINEAR)
    mask = mask.resize(size, Image.Resampling.BILINEAR)
    corner = (
        MARGIN + round(place.x * SIZE - size[0] / 2),
        MARGIN + round(place.y * SIZE - size[1] / 2),
    )
    if look.shadow and look.kind != "outline":
        soft = card.getchannel("A").point(lambda a: int(a * look.shadow))
        soft = soft.filter(ImageFilter.GaussianBlur(1.5))
        canvas.paste((0, 0, 0), (corner[0] + 2, corner[1] + 2), soft)
    canvas.paste(card, corner, card)
    labels.paste(label, corner, mask.point(lambda a: 255 if a > 127 else 0))


def tilt(rng: np.random.Generator) -> list[float]:
    """Coefficients of a mild perspective, in PIL's output → input form, for canvas pixels."""
    shift = rng.uniform(-MARGIN / 2, MARGIN / 2, (4, 2))
    square = np.array([(0, 0), (SIZE, 0), (SIZE, SIZE), (0, SIZE)], float)
    source = square + MARGIN + shift
    rows, values = [], []
    for (x, y), (u, v) in zip(square, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(values))]


def patch_classes(labels: NDArray[np.uint8], kinds: list[int]) -> NDArray[np.uint8]:
    """[8, 8] class + 1 of the thing with most pixels in each patch, 0 below a tenth of it."""
    side = SIZE // PATCH
    tiles = labels.reshape(side, PATCH, side, PATCH).swapaxes(1, 2).reshape(side, side, -1)
    if not kinds:
        return np.zeros((side, side), np.uint8)
    counts = np.stack([(tiles == i + 1).sum(-1) for i in range(len(kinds))], -1)
    winner = np.array(kinds)[counts.argmax(-1)] + 1
    return np.where(counts.max(-1) >= 0.1 * PATCH * PATCH, winner, 0).astype(np.uint8)


def pick_kinds(rng: np.random.Generator, n: int) -> list[int]:
    """Class numbers of n things; repeats are common, since counting needs them."""
    kinds = rng.integers(0, len(things()), n)
    for i in range(1, n):
        if rng.random() < 0.4:
            kinds[i] = kinds[rng.integers(0, i)]
    return [int(kind) for kind in rng.permutation(kinds)]


def pick_art(rng: np.random.Generator, kind: int, style: str, work: Path) -> NDArray[np.uint8]:
    """A pictogram of the thing: usually the printed one, sometimes another of the same thing."""
    emojis = things()[kind].emojis
    emoji = emojis[0] if rng.random() < 0.7 else emojis[rng.integers(0, len(emojis))]
    return art.load(work)[f"{style}/{art.code_of(emoji)}"]


def clutter(rng: np.random.Generator, canvas: Image.Image) -> None:
    """A few pens, coasters and shadows that are no cards."""
    pen = ImageDraw.Draw(canvas)
    for _ in range(rng.integers(1, 4)):
        ink = tuple(int(value) for value in rng.integers(0, 256, 3))
        x, y, u, v = (int(value) for value in rng.integers(0, CANVAS, 4))
        if rng.random() < 0.6:
            pen.line((x, y, u, v), fill=ink, width=int(rng.integers(1, 6)))
        else:
            radius = int(rng.integers(4, 20))
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)


def develop(
    rng: np.random.Generator,
    table: Picture,
    places: list[Place],
    kinds: list[int],
    style: str | None,
    work: Path,
) -> tuple[Image.Image, NDArray[np.uint8], tuple[str, ...]]:
    """Cards laid on the table and seen from above: RGB image, [SIZE, SIZE] labels, styles."""
    canvas = camera.to_image(table)
    labels = Image.new("L", canvas.size, 0)
    if rng.random() < 0.12:
        clutter(rng, canvas)
    look = random_look(rng)
    common = style or str(rng.choice(art.TRAINED_STYLES))
    styles: list[str] = []
    for label, (place, kind) in enumerate(zip(places, kinds, strict=True), 1):
        mixed = style is None and rng.random() < 0.2
        styles.append(str(rng.choice(art.TRAINED_STYLES)) if mixed else common)
        put(canvas, labels, look, place, pick_art(rng, kind, styles[-1], work), label)
    if rng.random() < 0.4:
        view = tilt(rng)
        size, mode = (SIZE, SIZE), Image.Transform.PERSPECTIVE
        canvas = canvas.transform(size, mode, view, Image.Resampling.BICUBIC)
        labels = labels.transform(size, mode, view, Image.Resampling.NEAREST)
    else:
        box = (MARGIN, MARGIN, MARGIN + SIZE, MARGIN + SIZE)
        canvas, labels = canvas.crop(box), labels.crop(box)
    return canvas, np.asarray(labels), tuple(sorted(set(styles)))


def locate(labels: NDArray[np.uint8], kinds: list[int]) -> tuple[Seen, ...]:
    """Where each thing ended up: the middle of its visible pixels' bounding box."""
    seen = []
    for label, kind in enumerate(kinds, 1):
        rows, columns = np.nonzero(labels == label)
        if len(rows) < FEWEST_PIXELS:
            continue
        x, y = (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2
        seen.append(Seen(kind, float(x) / SIZE, float(y) / SIZE))
    return tuple(seen)


def draw(seed: int, style: str | None = None, work: Path = WORK) -> Scene:
    """The scene of a seed. `style` draws all cards in that style instead of the trained ones."""
    rng = np.random.default_rng(seed)
    covered = rng.random() < 0.02
    n = int(rng.choice(MOST_THINGS + 1, p=[0.03, 0.30, 0.27, 0.22, 0.11, 0.07]))
    table = surface(rng, CANVAS)
    kinds = pick_kinds(rng, n)
    places = arrange(rng, n)
    image, labels, styles = develop(rng, table, places, kinds, style, work)
    light = np.asarray(image, np.float32) / 255
    if covered:
        image, kinds, labels = camera.photograph_dark(rng, light), [], np.zeros_like(labels)
    elif rng.random() > 0.25:
        small = any(min(place.width, place.height) < 0.25 for place in places)
        image = camera.photograph(rng, light, sharp=small)
    # Otherwise a screenshot or somebody else's drawing: nothing happens to the light.
    picture = np.asarray(image)
    seen = locate(labels, kinds)
    dark = covered or (not seen and float(picture.mean()) < DARK_LEVEL)
    return Scene(picture, seen, patch_classes(labels, kinds), dark, styles)
