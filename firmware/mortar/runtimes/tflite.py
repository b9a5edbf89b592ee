"""Vision encoders on TensorFlow Lite: on the CPU, or by an external delegate on another unit.

Copies: pixels are normalised into the engine's input where they are written once (a packed model copies that
once more), and the engine's output is copied once into the caller's memory (a packed model's twice).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.forms import Role
from mortar.runtimes.interfaces import Floats, Pixels
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.tensors import FromFloats, FromPixels, Numbers, Tensor, take
from mortar.runtimes.tflite_interpreter import Interpreted, ends_of
from mortar.runtimes.tflite_interpreter import quiet as quiet
from mortar.runtimes.tflite_packed import Packed, pays

COMPUTED = (np.float32, np.int8, np.uint8)
"""What a graph's input and output may be."""


class Engine(Protocol):
    """One graph, loaded."""

    unit: str
    takes: Tensor
    gives: Tensor

    def given(self) -> Numbers:
        """The input, to be written."""

    def run(self) -> None:
        """Blocks. Raises UnitFailed."""

    def given_back(self) -> Numbers:
        """The output, to be read."""

    def close(self) -> None: ...


class TfliteVisionGraph:
    """A VisionGraph: an encoder, or half of one, in float32 or in full INT8, channels last.

    `delegate` is the path of an external delegate's library; empty: the CPU. Raises MortarError where the
    file is no TFLite model or one of another shape, or where the delegate can't take it.
    """

    def __init__(
        self,
        path: Path,
        part: VisionPart,
        *,
        threads: int,
        batch: int = 1,
        role: Role = Role.WHOLE,
        delegate: str = "",
    ) -> None:
        self.batch = batch
        self._engine = _opened(path, threads, delegate)
        self.unit = self._engine.unit
        pictures, patches = (batch, part.height_px, part.width_px, 3), (batch, None, None)
        tokens = (batch, part.n_tok, part.n_embd)
        _check(self._engine.takes, patches if role is Role.BLOCKS else pictures, path, "takes")
        _check(self._engine.gives, patches if role is Role.PATCHES else tokens, path, "gives")
        self.takes, self.gives = self._engine.takes.shape, self._engine.gives.shape
        self._from: FromFloats | FromPixels = (
            FromFloats(self._engine.takes) if role is Role.BLOCKS else FromPixels(self._engine.takes, part)
        )

    def run(self, given: Pixels | Floats, out: Floats) -> None:
        """See VisionGraph. Raises UnitFailed."""
        # The interpreter runs only while nobody holds a view of its memory: none is given a name here.
        self._from.put(given, self._engine.given())
        self._engine.run()
        take(self._engine.gives, self._engine.given_back(), out)

    def close(self) -> None:
        """Nothing may be called any more."""
        self._engine.close()


def _opened(path: Path, threads: int, delegate: str) -> Engine:
    if not delegate and pays(path):
        takes, gives = ends_of(path)
        if takes.is_float and gives.is_float:
            return Packed(path, takes, gives, threads=threads)
    return Interpreted(path, threads=threads, delegate=delegate)


def _check(tensor: Tensor, shape: tuple[int | None, ...], path: Path, verb: str) -> None:
    """None in `shape` stands for any number."""
    fits = len(tensor.shape) == len(shape) and all(
        wanted in (None, held) for held, wanted in zip(tensor.shape, shape, strict=True)
    )
    if fits and tensor.dtype in COMPUTED:
        return
    wanted = ", ".join("any" if n is None else str(n) for n in shape)
    raise MortarError(
        "vision-model-shape",
        f"{path} {verb} {tensor.dtype} {list(tensor.shape)} instead of float32 or int8 [{wanted}]",
        "use the file and the manifest of one and the same model",
    )
