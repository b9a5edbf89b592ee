"""The models that Mortar knows, and what pictures each one's vision encoder wants: models/catalogue.toml."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import msgspec

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.model_folder import Count, Table, Tiles


class Weights(StrEnum):
    """Where a model's weights are."""

    BUNDLED = "bundled"
    PUBLISHED = "published"
    NONE = "none"
    """It is known from its paper."""


class Frames(StrEnum):
    """What a model was trained to make of several frames. None of them was trained to have them averaged."""

    EACH = "each"
    """A picture each."""
    PAIRS = "pairs"
    """Two frames that follow each other share their tokens."""


class Marks(Table, frozen=True):
    """Text among the image tokens. {row} and {column} count from 1."""

    before_tile: str = ""
    after_row: str = ""
    before_thumbnail: str = ""
    after_thumbnail: str = ""


class Model(Table, frozen=True):
    """What is known of a model's vision encoder."""

    title: str
    weights: Weights
    width_px: Count
    height_px: Count
    patch_px: Count
    merged: Count
    """Edge of the square of patches that one image token is made of; 1: no token reduction."""
    source: str
    about: str = ""
    tiles: Tiles | None = None
    """None: it was trained without."""
    marks: Marks = Marks()
    frames: Frames | None = None
    """None: it knows single pictures, or what it makes of several is not published."""

    @property
    def n_tok(self) -> int:
        """Image tokens of one tile. Patches that don't fill a square are padded to one (27 → 28 → 14)."""
        columns, rows = self.width_px // self.patch_px, self.height_px // self.patch_px
        return -(-columns // self.merged) * -(-rows // self.merged)


def load(path: Path | None = None) -> dict[str, Model]:
    """Name → model, of Mortar's own catalogue or the one at `path`. Raises MortarError where it is wrong."""
    path = path or resources.catalogue()
    try:
        return msgspec.toml.decode(path.read_bytes(), type=dict[str, Model])
    except OSError as error:
        raise MortarError("catalogue-unreadable", f"{path}: {error.strerror}", _RESTORE) from None
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise MortarError("catalogue-wrong", f"{path}: {error}", _RESTORE) from None


_RESTORE = "restore it with `git checkout models/catalogue.toml`, or install Mortar again"
