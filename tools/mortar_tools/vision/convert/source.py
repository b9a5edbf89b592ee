"""What is converted: a model folder, an mmproj GGUF, a checkpoint, an ONNX file, or random weights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mortar.errors import MortarError, UsageError
from mortar.runtimes.manifest import GGUF, MMPROJ, Colour
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.training import checkpoint
from mortar_tools.cards.training.model import Shape, Vision
from mortar_tools.vision.convert.foreign import ends
from mortar_tools.vision.towers.read_mmproj import read
from mortar_tools.vision.towers.shape import KNOWN
from mortar_tools.vision.towers.tower import Tower, of_cards, randomised

RANDOM = "random:"
VISION = "vision."
"""Before the names of the tower's weights in a checkpoint of the bundled model."""


@dataclass(frozen=True)
class Source:
    """A vision encoder as it came."""

    name: str
    weights: Tower | Path
    """A tower, or an ONNX file of anybody's."""
    vision_sha256: str
    """Of the file that has the weights; for a model folder, of its manifest's vision file."""
    mean: Colour = (0.5, 0.5, 0.5)
    std: Colour = (0.5, 0.5, 0.5)
    """A pixel goes in as (value / 255 - mean) / std."""

    @cached_property
    def size_px(self) -> tuple[int, int]:
        """Height and width of a picture."""
        if isinstance(self.weights, Tower):
            return self.weights.shape.picture_px, self.weights.shape.picture_px
        known = ends(self.weights)
        return known.height_px, known.width_px


def find(given: str) -> Source:
    """What a person named. Raises MortarError where it can't be converted.

    How an ONNX file's pictures are normalised can't be seen in it: as SigLIP's are, until said otherwise.
    """
    if given.startswith(RANDOM):
        return _random(given.removeprefix(RANDOM))
    path = Path(given)
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise UsageError("convert-nothing", f"there is no {path}", "give a model folder or a file")
    readers = {".gguf": read, ".pt": _trained}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if path.suffix == ".onnx":
        ends(path)
        return Source(path.stem, path, digest)
    if path.suffix not in readers:
        raise UsageError(
            "convert-unknown",
            f"{path} is neither GGUF, checkpoint nor ONNX",
            "give a model folder, an mmproj .gguf, a .pt that `mortar tools train cards` wrote, or an .onnx",
        )
    tower = readers[path.suffix](path)
    return Source(path.stem, tower, digest, tower.shape.mean, tower.shape.std)


def _random(name: str) -> Source:
    if name not in KNOWN:
        raise UsageError(
            "convert-unknown", f"there is no shape {name}", f"choose of random:{', random:'.join(KNOWN)}"
        )
    tower = randomised(KNOWN[name])
    digest = hashlib.sha256(f"{tower.shape}".encode()).hexdigest()
    return Source(f"random-{name}", tower, digest)


def _folder(path: Path) -> Source:
    """The bundled model's file is TFLite, which nothing reads back: its mmproj has the same weights. Others
    have an mmproj file and no other."""
    folder = ModelFolder(path)
    manifest, vision = folder.manifest, folder.vision
    own = vision if vision.file.endswith(GGUF) else None
    if (mmproj := manifest.extra.get(MMPROJ, own)) is not None:
        weights: Tower | Path = read(folder.verified(mmproj))
    elif (onnx := manifest.extra.get("onnx")) is not None:
        weights = folder.verified(onnx)
    else:
        raise MortarError(
            "convert-no-weights",
            f"{path} has neither an mmproj nor an ONNX file to convert",
            "export one: mortar tools train export --out FOLDER",
        )
    return Source(manifest.name, weights, vision.sha256, vision.mean, vision.std)


def _trained(path: Path) -> Tower:
    """The tower of a checkpoint of the bundled model."""
    state = checkpoint.load(path)
    vision = Vision(Shape(**state["recipe"]["shape"]))
    held = {name: values for name, values in state["model"].items() if name.startswith(VISION)}
    vision.load_state_dict({name.removeprefix(VISION): values for name, values in held.items()})
    return of_cards(vision)
