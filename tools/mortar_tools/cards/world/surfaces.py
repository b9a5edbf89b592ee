"""What the cards lie on: table tops, cloths and papers, and what else lies there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""[height, width, 3] float32 RGB, 0..1."""

EDGE_PX = 128
"""Of the picture that the lengths below are pixels of; in a larger one they are longer."""


def colour(rng: np.random.Generator) -> Picture:
    """A random RGB colour; half of the time near grey, as most tables are."""
    value = rng.uniform(0.1, 1.0)
    spread = rng.uniform(0.0, 0.12) if rng.random() < 0.5 else rng.uniform(0.1, 0.5)
    return np.clip(value + rng.uniform(-spread, spread, 3), 0.02, 1.0).astype(np.float32)


def plain(rng: np.random.Generator, size: int) -> Picture:
    """One colour all over; often the plain white, grey or black of a screen or a page."""
    if rng.random() < 0.5:
        level = rng.choice([1.0, 1.0, 0.96, 0.9, 0.8, 0.7, 0.5, 0.3, 0.1])
        return np.full((size, size, 3), level, np.float32)
    return np.broadcast_to(colour(rng), (size, size, 3)).copy()


def ramp(rng: np.random.Generator, size: int) -> NDArray[np.float32]:
    """[size, size] float32 running 0..1 in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    axis = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    value = np.cos(angle) * axis[None, :] + np.sin(angle) * axis[:, None]
    value -= value.min()
    return np.asarray(value / value.max(), np.float32)


def gradient(rng: np.random.Generator, size: int) -> Picture:
    """One colour fading into another."""
    amount = ramp(rng, size)[..., None]
    return np.asarray(colour(rng) * amount + colour(rng) * (1 - amount), np.float32)


def cloud(rng: np.random.Generator, size: int, cells: tuple[int, int]) -> NDArray[np.float32]:
    """[size, size] float32 of smooth noise 0..1 with about `cells` blobs down and across."""
    coarse = rng.random(cells, np.float32)
    return np.clip(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), 0, 1)


def stone(rng: np.random.Generator, size: int) -> Picture:
    """Noise on two scales, as of stone, carpet or cork."""
    fine = int(rng.integers(24, 80))
    amount = 0.5 * cloud(rng, size, (5, 5)) + 0.5 * cloud(rng, size, (fine, fine))
    return np.asarray(colour(rng) + (amount[..., None] - 0.5) * rng.uniform(0.05, 0.35), np.float32)


def wood(rng: np.random.Generator, size: int) -> Picture:
    """Grain along one axis, with boards of slightly different shade."""
    grain = cloud(rng, size, (int(rng.integers(24, 70)), int(rng.integers(2, 5))))
    boards = np.repeat(rng.uniform(-0.08, 0.08, 5), -(-size // 5))[:size]
    value = (grain - 0.5) * rng.uniform(0.1, 0.3) + boards[:, None]
    base = np.array([0.62, 0.45, 0.28]) * rng.uniform(0.4, 1.4) + rng.uniform(-0.06, 0.06, 3)
    picture = np.asarray(base + value[..., None] * [1.0, 0.85, 0.6], np.float32)
    return np.swapaxes(picture, 0, 1) if rng.random() < 0.5 else picture


def checks(rng: np.random.Generator, size: int) -> Picture:
    """Squares or stripes of two colours, as of a tablecloth or tiles."""
    pitch = rng.uniform(8, 40) * size / EDGE_PX
    stripe = (np.arange(size) + rng.uniform(0, pitch)) // pitch % 2
    pattern = stripe[:, None] + np.zeros(size) if rng.random() < 0.3 else stripe[:, None] != stripe
    amount = pattern.astype(np.float32)[..., None] * rng.uniform(0.15, 1.0)
    return np.asarray(colour(rng) * (1 - amount) + colour(rng) * amount, np.float32)


KINDS = (plain, plain, gradient, stone, wood, checks, plain, stone, wood, gradient)
"""Each as often as the others here; plain tables are the most common."""


def surface(rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    """A random surface, [size, size, 3] RGB."""
    picture = KINDS[rng.integers(len(KINDS))](rng, size)
    return np.ascontiguousarray(np.clip(picture, 0, 1) * 255 + 0.5, np.uint8)


def clutter(rng: np.random.Generator, canvas: NDArray[np.uint8]) -> None:
    """Draw a few pens, coasters, cables and crumbs that are no cards."""
    size = len(canvas)
    px = size // EDGE_PX
    for _ in range(rng.integers(1, 4)):
        ink = [int(value) for value in rng.integers(0, 256, 3)]
        a, b, c = (tuple(int(value) for value in rng.integers(0, size, 2)) for _ in range(3))
        match rng.integers(4):
            case 0:
                cv2.line(canvas, a, b, ink, px * int(rng.integers(1, 6)), cv2.LINE_AA)
            case 1:
                rim, radius = px * int(rng.integers(2, 5)), px * int(rng.integers(5, 18))
                cv2.circle(canvas, a, radius, ink, rim, cv2.LINE_AA)
            case 2:
                cv2.polylines(canvas, [np.array([a, b, c], np.int32)], False, ink, 2 * px, cv2.LINE_AA)
            case _:
                for x, y in rng.integers(0, size, (int(rng.integers(3, 9)), 2)):
                    cv2.circle(canvas, (int(x), int(y)), px, ink, -1)
