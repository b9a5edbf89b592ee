"""What the cards lie on: table tops, cloths and papers, drawn from a random generator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.float32]
"""[height, width, 3] float32 RGB, 0..1."""


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
    coarse = Image.fromarray(rng.integers(0, 256, cells, dtype=np.uint8))
    smooth = coarse.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float32) / 255


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
    pitch = rng.uniform(8, 40)
    stripe = (np.arange(size) + rng.uniform(0, pitch)) // pitch % 2
    pattern = stripe[:, None] + np.zeros(size) if rng.random() < 0.3 else stripe[:, None] != stripe
    amount = pattern.astype(np.float32)[..., None] * rng.uniform(0.15, 1.0)
    return np.asarray(colour(rng) * (1 - amount) + colour(rng) * amount, np.float32)


def surface(rng: np.random.Generator, size: int) -> Picture:
    """A random surface, [size, size, 3]."""
    kinds = (plain, gradient, stone, wood, checks)
    kind = kinds[rng.choice(len(kinds), p=[0.4, 0.15, 0.15, 0.2, 0.1])]
    return np.clip(kind(rng, size), 0, 1).astype(np.float32)
