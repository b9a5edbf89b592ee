"""The pictures that INT8 is calibrated with: from a folder, or drawn scenes for the bundled model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mortar.bricks.picture import pixels
from mortar.errors import UsageError
from mortar.runtimes.interfaces import Floats, Pixels

SCENES = "scenes"
"""Instead of a folder: scenes that the bundled model's recipe draws, of a split it was never trained on."""
MOST = 200
"""Pictures: more of them hardly move the ranges, and take their time."""


@dataclass(frozen=True)
class Calibration:
    """uint8 [n, height_px, width_px, 3], as the encoder gets them."""

    pictures: Pixels

    @property
    def sha256(self) -> str:
        """Of the pictures as they go in."""
        return digest(self.pictures)


def digest(given: Pixels | Floats) -> str:
    """SHA-256 of the numbers of an array."""
    return hashlib.sha256(np.ascontiguousarray(given).tobytes()).hexdigest()


def load(given: str, width_px: int, height_px: int, work: Path) -> Calibration:
    """The pictures of a folder, in the order of their names, or drawn scenes; `work` has the art for those.
    Raises UsageError where there are none."""
    images = _drawn(work) if given == SCENES else _of_folder(Path(given))
    return Calibration(np.concatenate([pixels(image, width_px, height_px) for image in images]))


def _drawn(work: Path) -> list[Image.Image]:
    # It needs OpenCV and the art, which nothing else here does.
    from mortar_tools.cards.world.scene import SPLITS, draw

    # The last ones: the first are what the language model's types are compared on.
    return [Image.fromarray(draw(number, work=work).picture) for number in SPLITS["quantise"][-MOST:]]


def _of_folder(folder: Path) -> list[Image.Image]:
    found: list[Image.Image] = []
    for path in sorted(folder.glob("*")):
        if len(found) == MOST:
            break
        try:
            with Image.open(path) as image:
                image.load()
                found.append(image)
        except (UnidentifiedImageError, OSError):
            continue
    if not found:
        raise UsageError(
            "calibration-empty",
            f"there is no picture in {folder}",
            "give a folder with some dozens of pictures like those that the camera takes",
        )
    return found
