"""A vision part for graphs that nobody trained, and the numbers that they ought to give."""

from __future__ import annotations

import numpy as np

from mortar.runtimes.interfaces import Floats, Pixels
from mortar.runtimes.manifest import VisionPart

PART = VisionPart(
    file="x.tflite",
    sha256="0" * 64,
    size_bytes=1,
    n_tok=2,
    n_embd=24,
    width_px=4,
    height_px=4,
    mean=(0.5, 0.25, 0.4),
    std=(0.5, 0.25, 0.8),
)


def pixels(part: VisionPart = PART, n: int = 1, seed: int = 3) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (n, part.height_px, part.width_px, 3), np.uint8)


def normalised(given: Pixels, part: VisionPart = PART) -> Floats:
    """(value / 255 - mean) / std, as a manifest says it."""
    return ((given / 255 - np.array(part.mean)) / np.array(part.std)).astype(np.float32)
