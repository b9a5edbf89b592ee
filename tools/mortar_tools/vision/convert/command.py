"""`mortar tools convert`: a vision encoder becomes files for the CPU and for NPUs, each with its sidecar."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from mortar import resources
from mortar.runtimes.forms import Precision, Runtime
from mortar_tools.cards.things import WORK
from mortar_tools.vision.convert.calibration import SCENES
from mortar_tools.vision.convert.plan import SOCS, Request, plan
from mortar_tools.vision.towers.shape import KNOWN


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="mortar tools convert",
        description="write a vision encoder as TFLite, RKNN and ONNX, with a sidecar for each file",
    )
    random = ", ".join(f"random:{name}" for name in KNOWN)
    made.add_argument(
        "source",
        nargs="?",
        default=str(resources.bundled_model()),
        help="a model folder (default: the bundled one), an mmproj .gguf, a checkpoint .pt, an .onnx, "
        f"or {random}",
    )
    made.add_argument(
        "--to",
        nargs="+",
        type=Runtime,
        choices=list(Runtime),
        default=[Runtime.TFLITE],
        help="default: tflite; rknn writes onnx too, which it is built from",
    )
    made.add_argument(
        "--precision",
        nargs="+",
        type=Precision,
        choices=[Precision.F32, Precision.F16, Precision.INT8],
        default=[],
        help="default: all that there are, the NPU's int8 where there is something to calibrate it with",
    )
    made.add_argument(
        "--soc", nargs="+", choices=SOCS, default=[SOCS[0]], help=f"for rknn; default: {SOCS[0]}"
    )
    made.add_argument("--batch", nargs="+", type=int, default=[1], help="pictures in one run; default: 1")
    made.add_argument(
        "--split", action="store_true", help="write patches and blocks as graphs of their own too"
    )
    made.add_argument(
        "--calibration",
        metavar="FOLDER",
        help=f"pictures for int8; {SCENES}: drawn ones, for the bundled model",
    )
    colours = ("RED", "GREEN", "BLUE")
    for name in ("mean", "std"):
        made.add_argument(
            f"--{name}",
            nargs=3,
            type=float,
            metavar=colours,
            help=f"of an .onnx file: {name} of (value / 255)",
        )
    made.add_argument("--work", type=Path, default=WORK, help="where the art for drawn scenes is")
    made.add_argument(
        "--out", type=Path, help="folder; default: where the program looks for this model's forms"
    )
    return made


def main(argv: list[str] | None = None) -> int:
    """Convert."""
    command = parser()
    options = command.parse_args(argv)
    if min(options.batch) < 1:
        command.error("--batch must be 1 or more")
    request = Request(
        tuple(options.to),
        tuple(options.precision),
        tuple(options.soc),
        tuple(sorted(set(options.batch))),
        options.split,
        options.calibration is not None,
    )
    # What can't be is said before torch is imported, which takes seconds.
    jobs = plan(request)
    from mortar_tools.vision.convert.write import write

    # The very stream, which what is silenced meanwhile does not take with it.
    write(options, jobs, Console(file=sys.stdout))
    return 0
