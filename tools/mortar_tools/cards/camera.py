"""What light, lens and file do to a scene between the table and the model."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

from mortar_tools.cards.surfaces import Picture, cloud, ramp

DARK_LIGHT = 0.05
"""Share of normal light that is left when the lens is covered or the room is dark, at most."""


def light(rng: np.random.Generator, picture: Picture) -> Picture:
    """Brightness, uneven light, colour cast and glare."""
    size = len(picture)
    picture = picture * rng.uniform(0.35, 1.25)
    if rng.random() < 0.5:
        picture = picture * (1 - rng.uniform(0, 0.5) * ramp(rng, size)[..., None])
    if rng.random() < 0.5:
        picture = picture * rng.uniform(0.8, 1.15, 3)
    if rng.random() < 0.1:
        glare = np.clip(cloud(rng, size, (4, 4)) - 0.75, 0, 1) * rng.uniform(0.5, 2)
        picture = picture + glare[..., None]
    return np.clip(picture, 0, 1).astype(np.float32)


def noise(rng: np.random.Generator, picture: Picture, most: float) -> Picture:
    """Sensor noise of a random strength up to `most`."""
    grain = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(0, most))
    return np.clip(picture + grain, 0, 1)


def jpeg(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """The image after a JPEG file of a random quality."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=int(rng.integers(35, 96)))
    return Image.open(buffer).convert("RGB")


def to_image(picture: Picture) -> Image.Image:
    """A PIL image of a float picture."""
    return Image.fromarray((picture * 255 + 0.5).astype(np.uint8))


def photograph(rng: np.random.Generator, picture: Picture, sharp: bool) -> Image.Image:
    """Take the picture of a lit table; `sharp` spares scenes of small cards the blur."""
    picture = light(rng, picture)
    if rng.random() < 0.5:
        picture = noise(rng, picture, 0.07)
    image = to_image(picture)
    if rng.random() < 0.4:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.6 if sharp else 1.3)))
    return jpeg(rng, image) if rng.random() < 0.4 else image


def photograph_dark(rng: np.random.Generator, picture: Picture) -> Image.Image:
    """A picture with the lens covered or the light off."""
    tint = rng.uniform(0, 0.06, 3) * (rng.random() < 0.5)
    picture = (picture * rng.uniform(0, DARK_LIGHT) + tint).astype(np.float32)
    return to_image(noise(rng, picture, 0.02))
