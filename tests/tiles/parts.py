"""Vision parts with and without tiles, for tests of what is cut."""

from __future__ import annotations

import msgspec

from mortar import resources
from mortar.runtimes.manifest import Fit, Thumbnail, Tiles, VisionPart
from mortar.runtimes.model_folder import ModelFolder

PLAIN = ModelFolder(resources.bundled_model()).manifest.vision


def tiled(fit: Fit = Fit.SQUASH, thumbnail: Thumbnail = Thumbnail.FIRST, across: int = 3) -> VisionPart:
    """The bundled encoder, as if it had been trained with tiles."""
    tiles = Tiles(most_across=across, most=across**2, fit=fit, thumbnail=thumbnail)
    return msgspec.structs.replace(PLAIN, tiles=tiles)
