"""The NPU's graph on a computer: a form of the model in rknn-toolkit2's simulator.

Slow, and not the .rknn itself, which the simulator refuses: the graph is built anew from what the .rknn was
made of, with the same configuration and the same calibration pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.forms import CONVERT, Installed
from mortar.runtimes.interfaces import Floats, Pixels, UnitFailed, VisionEncoder, VisionGraph
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.place import Place
from mortar.runtimes.rknn_sim import toolkit
from mortar.runtimes.rknn_sim.process import Recipe, ToolkitProcess
from mortar.runtimes.vision import Batches

UNIT = "rknn-sim/cpu"


class SimulatedGraph(VisionGraph):
    """A whole vision encoder as the NPU would run it. Raises MortarError where it cannot be built."""

    unit = UNIT

    def __init__(self, found: Installed, patience_s: float) -> None:
        self.batch = found.form.batch
        self._patience_s = patience_s
        recipe = recipe_of(found)
        self._process = ToolkitProcess(toolkit.python())
        try:
            self._process.build(recipe)
        except MortarError:
            self._process.close()
            raise

    def run(self, given: Pixels | Floats, out: Floats) -> None:
        try:
            self._process.run(given, self._patience_s, out)
        except MortarError as error:
            raise UnitFailed("simulator-failed", error.what, error.do) from None

    def close(self) -> None:
        self._process.close()


def recipe_of(found: Installed) -> Recipe:
    """What a form was built from, as it lies beside it. Raises MortarError where something of it is missing,
    or is another than it was."""
    source = found.form.source
    onnx = _kept(found, source.onnx, source.onnx_sha256)
    pictures = None
    if source.calibration:
        pictures = _kept(found, source.calibration_file, source.calibration_sha256, of_array)
    return Recipe(onnx, source.config, pictures, source.float_layers)


def of_file(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_array(path: Path) -> str:
    """SHA-256 of the numbers in a .npy file."""
    return hashlib.sha256(np.ascontiguousarray(np.load(path)).data).hexdigest()


def _kept(found: Installed, name: str, sha256: str, digest: Callable[[Path], str] = of_file) -> Path:
    path = found.sidecar.with_name(name or "(nothing)")
    try:
        is_it = digest(path) == sha256
    except OSError as error:
        raise MortarError("form-source-missing", f"{path}: {error.strerror}", CONVERT) from None
    except ValueError:
        is_it = False
    if not is_it:
        raise MortarError("form-source-missing", f"{path} is not what {found.name} was made from", CONVERT)
    return path


def place(forms: Sequence[Installed], part: VisionPart, deadline_ms: int) -> Place:
    """Whether one of `forms`, each of one picture, can be simulated here, and which."""
    if not toolkit.is_there():
        return Place(UNIT, f"there is no {toolkit.NAME}; make it: mortar tools make toolkit")
    if not forms:
        return Place(UNIT, f"no .rknn of this size and precision is installed; {CONVERT}")
    found = forms[0]

    def load() -> VisionEncoder:
        graph = SimulatedGraph(found, deadline_ms / 1_000)
        return Batches([graph], part.n_tok, part.n_embd)

    return Place(UNIT, f"simulates what {found.name} was made from, slowly", load)
