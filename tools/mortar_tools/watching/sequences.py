"""Sequences of frames drawn from a seed: a table in changing light, and what happens on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.things import printed
from mortar_tools.cards.world import card
from mortar_tools.cards.world.camera import NOISE
from mortar_tools.cards.world.layout import Place
from mortar_tools.cards.world.styles import draw_noto
from mortar_tools.cards.world.surfaces import clutter, ramp, surface

Pixels = NDArray[np.uint8]

SIZE_px = 320
"""Edge of the table that is drawn; a frame is the middle of it, 320×240."""
HEIGHT_px = 240
LUMA_px = (160, 120)
"""Width and height of what the gate gets: as a camera's low-resolution stream has it."""

FRAMES = (20, 60)
SETTLED = 6
"""Frames before something happens, and after it, at least."""

SEEDS = {"tune": 500_000, "test": 900_000}
"""First seed of each split: the gate's numbers are chosen on the one, and its figures come from the other."""

HAND_IN_VIEW = 2
"""Content of every frame that shows a hand."""

SKIN = np.array([196, 150, 125], np.float32)


class Kind(StrEnum):
    """What a sequence is about."""

    NOTHING = "nothing"
    NOISE = "noise"
    DRIFT = "light drifts"
    FLICKER = "exposure flickers"
    SHAKE = "camera shakes"
    ENTERS = "card put down"
    LEAVES = "card taken away"
    MOVES = "card moved"
    HAND = "hand passes"


STILL = (Kind.NOTHING, Kind.NOISE, Kind.DRIFT, Kind.FLICKER, Kind.SHAKE)
EVENTS = (Kind.ENTERS, Kind.LEAVES, Kind.MOVES, Kind.HAND)


@dataclass(frozen=True)
class Sequence:
    kind: Kind
    seed: int
    frames: NDArray[np.uint8]
    """[n, 240, 320, 3] RGB."""
    content: NDArray[np.int64]
    """[n]: frames with the same number show the same things; HAND has one for as long as it is in view."""
    card_edge: float
    """Edge of the card that something happens to, as a share of the picture's width; 0 where none is."""

    def luma(self, index: int) -> Pixels:
        """[120, 160] of a frame, as the gate gets it."""
        grey = cv2.cvtColor(self.frames[index], cv2.COLOR_RGB2GRAY)
        return np.asarray(cv2.resize(grey, LUMA_px, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True)
class Nuisance:
    """What happens to the pictures though nothing happens on the table."""

    noise: float
    """Standard deviation, levels."""
    drift: float
    """Light at the end, as a share of that at the beginning, on the far side of the table."""
    flicker: float
    """Largest change of exposure from frame to frame, as a share."""
    shake_px: float
    """Largest shift to each side, in pixels of the gate's luma."""
    jpeg: int | None


def draw(kind: Kind, seed: int) -> Sequence:
    """The sequence of a seed: it alone, with the kind, decides every pixel."""
    rng = np.random.default_rng([seed, list(Kind).index(kind)])
    n = int(rng.integers(FRAMES[0], FRAMES[1] + 1))
    before, after, edge = _tables(rng, kind)
    nuisance = _nuisance(rng, kind)
    at = int(rng.integers(SETTLED, n - SETTLED))
    content = np.zeros(n, np.int64)
    frames = np.empty((n, HEIGHT_px, SIZE_px, 3), np.uint8)
    way = ramp(rng, SIZE_px)[..., None]
    passes = _Hand(rng, at, n) if kind is Kind.HAND else None
    for index in range(n):
        happened = kind in EVENTS and kind is not Kind.HAND and index >= at
        table = (after if happened else before).astype(np.float32)
        content[index] = int(happened)
        if passes is not None and passes.is_in_view(index):
            content[index] = HAND_IN_VIEW
            passes.draw(table, index)
        frames[index] = _photographed(rng, table, nuisance, index / (n - 1), way)
    return Sequence(kind, seed, frames, content, edge)


def _tables(rng: np.random.Generator, kind: Kind) -> tuple[Pixels, Pixels, float]:
    """The table before and after, and the edge of the card that it is about."""
    table = surface(rng, SIZE_px)
    if rng.random() < 0.3:
        clutter(rng, table)
    look = card.random_look(rng)
    for place in _places(rng, int(rng.integers(0, 3))):
        _put(rng, table, look, place)
    edge = float(rng.uniform(0.12, 0.4))
    here, there = _apart(rng, edge)
    thing = rng.integers(1 << 31)
    one, other = table.copy(), table.copy()
    if kind in (Kind.LEAVES, Kind.MOVES):
        _put(np.random.default_rng(thing), one, look, here)
    if kind in (Kind.ENTERS, Kind.MOVES):
        _put(np.random.default_rng(thing), other, look, there)
    return one, other, edge if kind in (Kind.ENTERS, Kind.LEAVES, Kind.MOVES) else 0.0


def _places(rng: np.random.Generator, n: int) -> list[Place]:
    return [_place(rng, float(rng.uniform(0.15, 0.35))) for _ in range(n)]


def _place(rng: np.random.Generator, edge: float) -> Place:
    """Somewhere within the part of the table that is seen."""
    margin_y = (1 - HEIGHT_px / SIZE_px) / 2 + edge / 2
    x, y = rng.uniform(edge / 2, 1 - edge / 2), rng.uniform(margin_y, 1 - margin_y)
    return Place(float(x), float(y), edge, edge, float(rng.uniform(-25, 25)))


def _apart(rng: np.random.Generator, edge: float) -> tuple[Place, Place]:
    """Two places of one card, half its edge from each other at least."""
    here = there = _place(rng, edge)
    while np.hypot(here.x - there.x, here.y - there.y) < edge / 2:
        there = _place(rng, edge)
    return here, there


def _put(rng: np.random.Generator, table: Pixels, look: card.Look, place: Place) -> None:
    thing = printed()[rng.integers(len(printed()))]
    sticker = np.asarray(draw_noto(thing.emojis[0]).resize((card.STICKER, card.STICKER)))
    card.put(table, np.zeros(table.shape[:2], np.uint8), look, place, np.eye(3), sticker, 1)


def _nuisance(rng: np.random.Generator, kind: Kind) -> Nuisance:
    """Some of all, and much of what the sequence is about."""

    def some(little: float, much: float, about: Kind) -> float:
        return float(rng.uniform(little, much) if kind is about else rng.uniform(0, little))

    drift = some(0.05, 0.35, Kind.DRIFT) * (1 if rng.random() < 0.5 else -1)
    return Nuisance(
        noise=1 + some(5, 13, Kind.NOISE),
        drift=1 + drift,
        flicker=some(0.03, 0.15, Kind.FLICKER),
        shake_px=some(0.3, 1.0, Kind.SHAKE),
        jpeg=int(rng.integers(50, 96)) if rng.random() < 0.5 else None,
    )


def _photographed(
    rng: np.random.Generator,
    table: NDArray[np.float32],
    nuisance: Nuisance,
    t: float,
    way: NDArray[np.float32],
) -> Pixels:
    """The middle of the table at the time `t`, 0..1; `way` [SIZE_px, SIZE_px, 1]: how light drifts on it."""
    light = 1 + (nuisance.drift - 1) * t * (0.5 + 0.5 * way)
    light *= 1 + rng.uniform(-nuisance.flicker, nuisance.flicker)
    shift = rng.uniform(-1, 1, 2) * nuisance.shake_px * SIZE_px / LUMA_px[0]
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    seen = cv2.warpAffine(table * light, move, (SIZE_px, SIZE_px), borderMode=cv2.BORDER_REPLICATE)
    top = (SIZE_px - HEIGHT_px) // 2
    seen = seen[top : top + HEIGHT_px]
    begin = int(rng.integers(len(NOISE) - seen.size))
    seen = seen + NOISE[begin : begin + seen.size].reshape(seen.shape) * np.float32(nuisance.noise)
    taken: Pixels = np.clip(seen + 0.5, 0, 255).astype(np.uint8)
    if nuisance.jpeg is None:
        return taken
    _, file = cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, nuisance.jpeg])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)


class _Hand:
    """A hand with its arm, from one side over the table and back, within some frames."""

    def __init__(self, rng: np.random.Generator, at: int, n: int) -> None:
        self._from = at
        self._to = min(at + int(rng.integers(4, 13)), n - 4)
        self._y = float(rng.uniform(0.25, 0.75)) * SIZE_px
        self._reach = float(rng.uniform(0.35, 0.8)) * SIZE_px
        self._radius = float(rng.uniform(0.06, 0.12)) * SIZE_px
        self._from_left = bool(rng.random() < 0.5)
        self._colour = SKIN * rng.uniform(0.35, 1.15)

    def is_in_view(self, index: int) -> bool:
        return self._from <= index < self._to

    def draw(self, table: NDArray[np.float32], index: int) -> None:
        t = (index - self._from + 1) / (self._to - self._from + 1)
        tip = self._reach * float(np.sin(np.pi * t))
        x, edge = (tip, 0) if self._from_left else (SIZE_px - tip, SIZE_px)
        ink = self._colour.tolist()
        cv2.line(
            table, (edge, int(self._y)), (int(x), int(self._y)), ink, int(1.2 * self._radius), cv2.LINE_AA
        )
        cv2.circle(table, (int(x), int(self._y)), int(self._radius), ink, -1, cv2.LINE_AA)
