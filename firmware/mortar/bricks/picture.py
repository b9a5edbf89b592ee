"""A picture as the bundled vision encoder wants it: one function, for evaluation and on the board."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

SIDE_PX = 128

LEVELS_16_BIT = 257
"""Steps of a 16-bit value to one of an 8-bit value."""


def squash(image: Image.Image) -> Image.Image:
    """RGB, SIDE_PX × SIDE_PX: upright, the whole picture squashed to a square.

    Transparency lies over white. The model was trained on squashed cards, so nothing is cut off.
    """
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        # 16-bit grey, which PIL would clip to white instead of scaling it.
        grey = np.asarray(upright, np.float64) / LEVELS_16_BIT
        upright = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
    return upright.convert("RGB").resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)


def preprocess(image: Image.Image) -> npt.NDArray[np.float32]:
    """float32 [1, 128, 128, 3] in -1..1 of a picture, squashed."""
    return ((np.asarray(squash(image), np.float32) / 255 - 0.5) / 0.5)[np.newaxis]
