"""What view, light, lens and file do to a scene between the table and the model."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.world.surfaces import cloud, ramp

Pixels = NDArray[np.uint8]
"""[height, width, 3] RGB."""

DARK_LIGHT = 0.03
"""Share of normal light that is left when the lens is covered or the room is dark, at most."""
TILTED = 0.4
MOST_TILT = 0.06
"""How often the camera looks from the side, and how far a corner of the view then moves, as a share."""


def viewpoint(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """[3, 3] homography from the table as laid, in pixels, to the picture: often from straight above."""
    if rng.random() >= TILTED:
        return np.eye(3)
    square = np.array([(0, 0), (size, 0), (size, size), (0, size)], np.float32)
    moved = square + rng.uniform(-MOST_TILT, MOST_TILT, (4, 2)).astype(np.float32) * size
    return cv2.getPerspectiveTransform(square, moved)


def light(rng: np.random.Generator, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Brightness, uneven light, colour cast and glare, on [size, size, 3] of 0..255."""
    size = len(picture)
    gain = np.full((size, size, 1), rng.uniform(0.45, 1.25), np.float32)
    if rng.random() < 0.5:
        gain *= 1 - np.float32(rng.uniform(0, 0.4)) * ramp(rng, size)[..., None]
    cast = rng.uniform(0.8, 1.15, 3).astype(np.float32) if rng.random() < 0.5 else np.ones(3, np.float32)
    picture = picture * (gain * cast)
    if rng.random() < 0.1:
        glare = np.clip(cloud(rng, size, (4, 4)) - 0.75, 0, 1) * np.float32(rng.uniform(0.5, 2) * 255)
        picture = picture + glare[..., None]
    return np.clip(picture, 0, 255)


NOISE = np.random.default_rng(0).standard_normal((1 << 20,), np.float32)
"""Drawn once: a picture's grain is a random stretch of it."""


def noise(rng: np.random.Generator, picture: NDArray[np.float32], most: float) -> NDArray[np.float32]:
    """Sensor noise of a random strength up to `most` of 255."""
    begin = int(rng.integers(len(NOISE) - picture.size))
    grain = NOISE[begin : begin + picture.size].reshape(picture.shape)
    return np.clip(picture + grain * np.float32(rng.uniform(0, most) * 255), 0, 255)


def jpeg(rng: np.random.Generator, picture: Pixels) -> Pixels:
    """The picture after a JPEG file of a random quality."""
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


def photograph(rng: np.random.Generator, canvas: Pixels, sharp: bool) -> Pixels:
    """Take the picture of a lit table; `sharp` spares scenes of small cards the blur."""
    picture = light(rng, canvas.astype(np.float32))
    if rng.random() < 0.5:
        picture = noise(rng, picture, 0.07)
    if rng.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.2, 0.6 if sharp else 1.3))
    taken = (picture + 0.5).astype(np.uint8)
    return jpeg(rng, taken) if rng.random() < 0.4 else taken


def photograph_dark(rng: np.random.Generator, canvas: Pixels) -> Pixels:
    """A picture with the lens covered or the light off."""
    tint = rng.uniform(0, 15, 3) * (rng.random() < 0.5)
    picture = (canvas * rng.uniform(0, DARK_LIGHT) + tint).astype(np.float32)
    return (noise(rng, picture, 0.02) + 0.5).astype(np.uint8)
