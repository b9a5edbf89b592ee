"""Towers as the TFLite graphs that the tile benches run: whole and in halves, of several batch sizes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mortar import resources
from mortar.runtimes.forms import Role
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.tflite import TfliteVisionGraph
from mortar.runtimes.vision import Pair
from mortar_tools.vision.convert.lean import Lean, Target
from mortar_tools.vision.convert.tflite_file import write_float32
from mortar_tools.vision.towers import read_mmproj
from mortar_tools.vision.towers.shape import KNOWN
from mortar_tools.vision.towers.tower import Tower, randomised

BUNDLED = "cards"


def tower(name: str) -> Tower:
    """The bundled model's, with its weights; others by their shape, with random ones."""
    if name != BUNDLED:
        return randomised(KNOWN[name])
    folder = ModelFolder(resources.bundled_model())
    return read_mmproj.read(folder.verified(folder.manifest.extra["mmproj"]))


class Graphs:
    """The graphs of one tower, in files of `folder`."""

    def __init__(self, of: Tower, folder: Path) -> None:
        shape = of.shape
        self.part = shape.part
        self._between = (shape.patches, shape.width)
        self._lean = Lean(of, Target.TFLITE).eval()
        self._folder = folder

    def whole(self, sizes: Collection[int]) -> list[TfliteVisionGraph]:
        return [self._opened(Role.WHOLE, size) for size in sizes]

    def halves(self, sizes: Collection[int]) -> list[Pair]:
        return [
            Pair(self._opened(Role.PATCHES, size), self._opened(Role.BLOCKS, size), self._between)
            for size in sizes
        ]

    def _opened(self, role: Role, batch: int) -> TfliteVisionGraph:
        """One thread, so that a stage is one core. The file goes once it is loaded: some are 340 MB."""
        path = self._folder / f"{role}-{batch}.tflite"
        write_float32(self._lean, role, batch, path)
        graph = TfliteVisionGraph(path, self.part, threads=1, batch=batch, role=role)
        path.unlink()
        return graph
