"""Vision encoder on TensorFlow Lite: tflite-runtime, or ai-edge-litert, its successor.

Floating-point models run through XNNPACK, which both packages apply by default on the CPU.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.forms import Role
from mortar.runtimes.interfaces import Floats, Pixels, UnitFailed
from mortar.runtimes.model_folder import VisionPart

PACKAGES = ("tflite_runtime.interpreter", "ai_edge_litert.interpreter")
"""Modules with the same Interpreter class; the first that is installed is used."""


LEVELS = 256
"""Of one colour of a pixel."""


class TfliteVisionGraph:
    """A vision encoder, or half of one, that takes float32: pictures [batch, height_px, width_px, 3],
    channels last, or the patches that the other half gives.

    Raises MortarError where the file is no TFLite model or one of another shape.
    """

    unit = "tflite/cpu"

    def __init__(
        self, path: Path, part: VisionPart, *, threads: int, batch: int = 1, role: Role = Role.WHOLE
    ) -> None:
        self.batch = batch
        self._takes_pictures = role is not Role.BLOCKS
        try:
            with quiet():
                self._interpreter = _interpreter_class()(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise MortarError(
                "vision-model-unusable",
                f"{path} is no model that TensorFlow Lite can run ({_first_line(error)})",
                "restore the file, or convert the model again",
            ) from None
        takes, gives = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        picture, patches = (batch, part.height_px, part.width_px, 3), (batch, None, None)
        tokens = (batch, part.n_tok, part.n_embd)
        self._input, self.takes = _only(takes, picture if self._takes_pictures else patches, path, "takes")
        self._output, self.gives = _only(gives, patches if role is Role.PATCHES else tokens, path, "gives")
        # Every value that a pixel can have, as the model wants it.
        levels = np.arange(LEVELS, dtype=np.float32)[:, np.newaxis] / np.float32(LEVELS - 1)
        self._levels = (levels - np.array(part.mean, np.float32)) / np.array(part.std, np.float32)

    def run(self, given: Pixels | Floats, out: Floats) -> None:
        """`out` may lie in shared memory: the engine's output is copied there once, from the engine's own
        buffer, and nowhere else."""
        normalised = self._levels[given, np.arange(3)] if self._takes_pictures else given
        self._interpreter.set_tensor(self._input, normalised)
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise UnitFailed(
                "vision-engine-failed",
                f"TensorFlow Lite could not encode a picture ({_first_line(error)})",
                "see the log; if it comes back, report it",
            ) from None
        # tensor() gives a view; get_tensor() would make a copy of its own first.
        np.copyto(out, self._interpreter.tensor(self._output)())

    def close(self) -> None:
        del self._interpreter


def _interpreter_class() -> Any:
    for package in PACKAGES:
        try:
            return importlib.import_module(package).Interpreter
        except ModuleNotFoundError:
            continue
    raise MortarError(
        "tflite-missing",
        "neither tflite-runtime nor ai-edge-litert is installed",
        "install one of them, or run `make setup`",
    )


Shape = tuple[int, ...]


def _only(
    details: list[dict[str, Any]], shape: tuple[int | None, ...], path: Path, verb: str
) -> tuple[int, Shape]:
    """Index and shape of the one tensor, which must be float32 of `shape`; None stands for any number."""
    found = [(tuple(int(n) for n in tensor["shape"]), tensor["dtype"]) for tensor in details]
    if len(found) != 1 or found[0][1] != np.float32 or not _fits(found[0][0], shape):
        said = ", ".join(f"{dtype.__name__} {list(held)}" for held, dtype in found)
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise MortarError(
            "vision-model-shape",
            f"{path} {verb} {said} instead of float32 [{wanted}]",
            "use the file and the manifest of one and the same model",
        )
    return details[0]["index"], found[0][0]


def _fits(held: Shape, wanted: tuple[int | None, ...]) -> bool:
    return len(held) == len(wanted) and all(b in (None, a) for a, b in zip(held, wanted, strict=True))


@contextmanager
def quiet() -> Iterator[None]:
    """Standard error goes nowhere: the engine announces XNNPACK there and has no switch for it.

    What goes wrong is in its exceptions as well.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
