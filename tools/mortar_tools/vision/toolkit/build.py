"""ONNX → .rknn, and the same graph in the simulator.

The simulator refuses a .rknn: a `Session` builds the graph in a process of the toolkit and keeps it, so that
what is exported and what is simulated are one graph.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mortar.errors import MortarError
from mortar.runtimes.forms import Precision
from mortar.runtimes.interfaces import Floats, Pixels
from mortar.runtimes.rknn_sim import toolkit
from mortar.runtimes.rknn_sim.process import Recipe, ToolkitProcess
from mortar_tools.vision.toolkit import environment

WHITE = 255.0
RUN_S = 600.0
"""Most that simulating one batch may take: 20 ms for the bundled model."""


@dataclass(frozen=True)
class ToolkitConfig:
    """How a graph is built for an NPU."""

    soc: str
    """rk3588, rk3576 or rk3566."""
    precision: Precision = Precision.F16
    mean: tuple[float, float, float] | None = (0.5, 0.5, 0.5)
    """The graph takes uint8 RGB and makes (value / 255 - mean) / std of it; None: it takes floats, as the
    second half of an encoder does."""
    std: tuple[float, float, float] | None = (0.5, 0.5, 0.5)
    calibration: Path | None = None
    """For int8 and hybrid: .npy, uint8 [n, height_px, width_px, 3], or float32 [n, patches, width]."""
    float_layers: tuple[str, ...] = ()
    """For hybrid: the toolkit's names of the layers that stay float16."""

    def arguments(self) -> dict[str, object]:
        """What RKNN.config is given: a sidecar's [source.config]."""
        given: dict[str, object] = {"target_platform": self.soc}
        if self.mean is not None and self.std is not None:
            given["mean_values"] = [[value * WHITE for value in self.mean]]
            given["std_values"] = [[value * WHITE for value in self.std]]
        return given

    def recipe(self, onnx: Path) -> Recipe:
        """Raises MortarError where precision, calibration and layers do not go together."""
        quantises = self.precision in (Precision.INT8, Precision.HYBRID)
        if quantises != (self.calibration is not None) or (self.precision is Precision.HYBRID) != bool(
            self.float_layers
        ):
            raise MortarError(
                "toolkit-config-wrong",
                f"{self.precision} for {self.soc}: calibration {self.calibration}, float layers "
                f"{', '.join(self.float_layers) or 'none'}",
                "give pictures to int8 and hybrid alone, and float layers to hybrid alone",
            )
        return Recipe(onnx, self.arguments(), self.calibration, self.float_layers)


@dataclass(frozen=True)
class Built:
    """A .rknn that was made."""

    path: Path
    seconds: float
    toolkit: str
    """"rknn-toolkit2 2.5.0"."""
    config: dict[str, object]
    """What the toolkit was given: a sidecar's [source.config]."""
    log: str
    """The end of what the toolkit printed."""


class Session:
    """A graph in the simulator, until it is closed. Raises MortarError."""

    def __init__(self, recipe: Recipe, tell: Callable[[str], None] = lambda line: None) -> None:
        self._process = ToolkitProcess(environment.ready(tell))
        try:
            self.version = self._process.build(recipe)
        except MortarError:
            self._process.close()
            raise

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.close()

    def run(self, given: Pixels | Floats) -> Floats:
        """The graph's output for its input, channels last: uint8 RGB or float32."""
        return self._process.run(given, RUN_S)

    def export(self, path: Path) -> None:
        """Write the .rknn; half of one never lies there under its name."""
        draft = path.with_name(f".{path.name}.draft")
        try:
            self._process.export(draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def analyse(self, given: Pixels | Floats) -> str:
        """The toolkit's table of the error of each layer."""
        return self._process.analyse(given)

    def log(self) -> str:
        return self._process.log()


def build(onnx: Path, out: Path, config: ToolkitConfig, tell: Callable[[str], None] = print) -> Built:
    """Write the .rknn `out` of a graph of fixed shapes. `tell` is told if the toolkit has to be installed
    first. Raises MortarError."""
    start_s = time.monotonic()
    with Session(config.recipe(onnx), tell) as session:
        log = session.log()
        session.export(out)
    return Built(out, time.monotonic() - start_s, toolkit.NAME, config.arguments(), log)
