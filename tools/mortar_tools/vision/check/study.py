"""The pictures that every form is shown, and what the reference makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mortar.bricks.picture import pixels
from mortar.errors import MortarError
from mortar.runtimes.forms import Precision
from mortar.runtimes.interfaces import Floats, Pixels
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.evaluate.exam import Exam, Sheet, examine, sheets
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.world.scene import SPLITS
from mortar_tools.vision.check.answers import Swapped, accuracy, lost
from mortar_tools.vision.check.cosines import Nearness, cosines
from mortar_tools.vision.check.encoders import Encode, Reference
from mortar_tools.vision.check.results import Result

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


@dataclass(frozen=True)
class Seen:
    """What one encoder made of the pictures."""

    tokens: Floats
    """[pictures, n_tok, n_embd]"""
    exam: Exam | None


class Study:
    """Shows forms the reference's pictures. With `paper` the model's language half is asked too."""

    def __init__(
        self, model: ModelFolder, reference: Reference, pictures: Pixels, paper: Sequence[Sheet], seed: int
    ) -> None:
        self.pictures = pictures
        """uint8 [n, height_px, width_px, 3]"""
        self._model, self._reference, self._paper, self._seed = model, reference, paper, seed
        self._language = Shipped(model.path) if paper else None
        self._right = self.shown(reference.encode, reference.name)

    @property
    def whole(self) -> Figure | None:
        """The model's answer accuracy with the reference."""
        return accuracy(self._right.exam, self._seed) if self._right.exam else None

    def shown(self, encode: Encode, name: str) -> Seen:
        """Show every picture to `encode`."""
        if self._language is None:
            return Seen(encode(self.pictures), None)
        candidate = Swapped(self._language, self._model, encode)
        exam = examine({name: candidate}, self._paper, len(self._paper), name)[name]
        return Seen(candidate.tokens, exam)

    def result(self, encode: Encode, name: str, precision: Precision, by: str) -> Result:
        """How a form compares."""
        seen, right = self.shown(encode, name), self._right
        nearness = Nearness(cosines(seen.tokens, right.tokens))
        found = Result(name, precision, by, self._reference.name, nearness)
        if seen.exam is None or right.exam is None:
            return found
        answered, points = accuracy(seen.exam, self._seed), lost(right.exam, seen.exam, self._seed)
        return Result(name, precision, by, self._reference.name, nearness, answered, points)


def drawn(model: ModelFolder, n: int, seed: int, work: Path) -> tuple[Pixels, list[Sheet]]:
    """`n` scenes that were neither trained nor calibrated on, and questions about them where the model was
    taught such questions."""
    part = model.manifest.vision
    found = list(sheets(SPLITS["test"][seed * n : (seed + 1) * n], None, seed, work))
    shown = np.concatenate([pixels(one.picture, part.width_px, part.height_px) for one in found])
    return shown, found if model.manifest.taught else []


def in_folder(model: ModelFolder, folder: Path) -> Pixels:
    """A person's pictures. Raises MortarError where there are none, or one cannot be read."""
    part = model.manifest.vision

    def read() -> Iterator[Pixels]:
        for path in sorted(folder.glob("*")):
            if path.suffix.lower() in SUFFIXES:
                try:
                    with Image.open(path) as picture:
                        yield pixels(picture, part.width_px, part.height_px)
                except (OSError, UnidentifiedImageError) as error:
                    raise MortarError(
                        "picture-damaged", f"{path} cannot be read ({error})", "take it out of the folder"
                    ) from None

    found = list(read())
    if not found:
        raise MortarError("picture-missing", f"there are no pictures in {folder}", "name another folder")
    return np.concatenate(found)
