"""A picture as a vision encoder wants it: the same for evaluation and on the board."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from mortar.runtimes.interfaces import Floats, Pixels

SIDE_PX = 128
"""Edge of the bundled model's pictures."""

LEVELS_16_BIT = 257
"""Steps of a 16-bit value to one of an 8-bit value."""


def squash(image: Image.Image, width_px: int = SIDE_PX, height_px: int = SIDE_PX) -> Image.Image:
    """RGB, width_px × height_px: upright, the whole picture squashed to that shape.

    Transparency lies over white. The bundled model was trained on squashed cards, so nothing is cut off.
    """
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        # 16-bit grey, which PIL would clip to white instead of scaling it.
        grey = np.asarray(upright, np.float64) / LEVELS_16_BIT
        upright = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
    return upright.convert("RGB").resize((width_px, height_px), Image.Resampling.BILINEAR)


def pixels(image: Image.Image, width_px: int, height_px: int) -> Pixels:
    """uint8 [1, height_px, width_px, 3] of a picture, squashed."""
    return np.asarray(squash(image, width_px, height_px))[np.newaxis]


def preprocess(image: Image.Image) -> Floats:
    """float32 [1, 128, 128, 3] in -1..1, as the bundled model's weights have it: what engines make of
    `pixels` by themselves."""
    return ((np.asarray(squash(image), np.float32) / 255 - 0.5) / 0.5)[np.newaxis]
