"""What is to be written: the forms of a request, each after those that it needs. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from mortar.errors import UsageError
from mortar.runtimes.forms import Precision, Role, Runtime

PRECISIONS = {
    Runtime.ONNX: (Precision.F32,),
    Runtime.TFLITE: (Precision.F32, Precision.F16, Precision.INT8),
    Runtime.RKNN: (Precision.F16, Precision.INT8),
}
"""What each runtime can have. ONNX is what the others are checked against and .rknn is built from."""

NOTHING_TO_DO = {(Runtime.TFLITE, Role.PATCHES, Precision.INT8)}
"""TFLite's INT8 is for linear layers, and patches have none: f16 goes with the blocks' INT8."""

SOCS = ("rk3588", "rk3576", "rk3566")


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    runtimes: tuple[Runtime, ...]
    precisions: tuple[Precision, ...]
    """Empty: every one that the runtimes can have, the NPU's INT8 where there are pictures for it."""
    socs: tuple[str, ...] = SOCS
    batches: tuple[int, ...] = (1,)
    split: bool = False
    """Whether the two halves are wanted beside the whole."""
    calibrated: bool = False
    """Whether there are pictures to calibrate INT8 with. TFLite has one without: it finds its ranges as they
    come."""


@dataclass(frozen=True)
class Job:
    """One form to be written."""

    runtime: Runtime
    role: Role
    precision: Precision
    batch: int
    soc: str = ""
    """Empty: any processor."""

    def stem(self, height_px: int, width_px: int, toolkit: str) -> str:
        """The file's name without its ending: SoC, precision, shape of the pictures, toolkit."""
        role = "" if self.role is Role.WHOLE else f"{self.role}-"
        shape = f"{self.batch}x{height_px}x{width_px}"
        return f"vision-{role}{self.soc or 'cpu'}-{self.precision}-{shape}-{toolkit}"


def plan(request: Request) -> list[Job]:
    """The forms, each after those that it is made of. Raises UsageError where nothing can be made of a
    runtime, or where the NPU's INT8 is asked for by name and there is nothing to calibrate it with."""
    if Precision.INT8 in request.precisions and not request.calibrated and Runtime.RKNN in request.runtimes:
        raise UsageError(
            "calibration-missing",
            "the NPU's INT8 is calibrated with pictures, and there are none",
            "give a folder of them: --calibration FOLDER (or the word scenes, for the bundled model)",
        )
    jobs = list(_sources(request))
    for runtime in (Runtime.TFLITE, Runtime.RKNN):
        if runtime in request.runtimes:
            jobs += _of(runtime, request)
    return jobs


def _roles(request: Request) -> tuple[Role, ...]:
    return tuple(Role) if request.split else (Role.WHOLE,)


def _sources(request: Request) -> Iterator[Job]:
    """The ONNX graphs: for themselves, or because .rknn is made of them and the simulator needs them."""
    if {Runtime.ONNX, Runtime.RKNN} & set(request.runtimes):
        for role, batch in product(_roles(request), request.batches):
            yield Job(Runtime.ONNX, role, Precision.F32, batch)


def _of(runtime: Runtime, request: Request) -> Iterator[Job]:
    possible = PRECISIONS[runtime]
    wanted = [one for one in possible if one in request.precisions] if request.precisions else list(possible)
    if not request.calibrated and runtime is Runtime.RKNN:
        wanted = [one for one in wanted if one is not Precision.INT8]
    if not wanted:
        raise UsageError(
            "precision-impossible",
            f"{runtime} has no {' or '.join(request.precisions)}",
            f"choose of {', '.join(possible)}",
        )
    socs = request.socs if runtime is Runtime.RKNN else ("",)
    for role, batch, soc, precision in product(_roles(request), request.batches, socs, wanted):
        if (runtime, role, precision) not in NOTHING_TO_DO:
            yield Job(runtime, role, precision, batch, soc)
