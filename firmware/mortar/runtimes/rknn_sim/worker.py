"""Builds and simulates NPU graphs with rknn-toolkit2. A program of its own, and the one file that imports it.

    PYTHON_OF_THE_TOOLKIT worker.py DESCRIPTOR

It imports nothing of Mortar. The current folder is its own, and goes when it ends. DESCRIPTOR is a stream
socket on which it is asked one thing after the other, and it answers each with one message, until the other
end closes. A message is two lengths in bytes (uint32, little-endian), that many bytes of JSON, and that
many bytes of an array:

    {"do": "build", "onnx": path, "config": {...}, "calibration": path or null, "float_layers": [...]}
        → {"version": "2.5.0"}: the graph of the ONNX file; `config` is what RKNN.config takes. The
        calibration file is .npy, [n, ...] as the graph's input but channels last; with it the graph becomes
        INT8, except for `float_layers`.
    {"do": "export", "path": path} → {}: write the .rknn.
    {"do": "run", "dtype": "uint8", "shape": [...]} + array → {"shape": [...]} + float32 array
    {"do": "analyse", "dtype": "uint8", "shape": [...]} + array → {"table": text}: the error of each layer

What goes wrong is {"error": text}, and it goes on. What libraries print goes to standard error.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import os
import shutil
import socket
import struct
import sys
import tempfile
import traceback
from collections.abc import Callable
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Request = dict[str, Any]
Array = NDArray[Any]
Answer = tuple[dict[str, Any], bytes]

NOTHING = np.empty(0, np.uint8)

LENGTHS = struct.Struct("<II")
NO_FLOAT_LAYERS = "custom_quantize_layers: {}"
"""The first line of what the toolkit writes down to be edited."""


class Refused(Exception):
    """The toolkit said no; if without a reason, that is in its log."""


class Graph:
    """The one graph of this process. The toolkit writes into the current folder, which is the graph's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rknn: Any = None
        self._names = (f"{number}.npy" for number in count())

    def build(self, asked: Request, array: Array) -> Answer:
        if self._rknn is not None:
            self._rknn.release()
        os.chdir(tempfile.mkdtemp(dir=self._folder))
        self._rknn = _toolkit()
        _check(self._rknn.config(**asked["config"]))
        _check(self._rknn.load_onnx(model=asked["onnx"]))
        if asked["calibration"] is None:
            _check(self._rknn.build(do_quantization=False))
        elif not asked["float_layers"]:
            _check(self._rknn.build(do_quantization=True, dataset=self._dataset(asked)))
        else:
            self._build_hybrid(asked)
        _check(self._rknn.init_runtime())
        return {"version": version("rknn-toolkit2")}, b""

    def _build_hybrid(self, asked: Request) -> None:
        _check(self._rknn.hybrid_quantization_step1(dataset=self._dataset(asked)))
        self._rknn.release()
        (settings,) = Path().glob("*.quantization.cfg")
        # Text for text: the toolkit refuses its own figures where they come back rounded in another way.
        written = settings.read_text()
        layers = "".join(f"\n    {json.dumps(layer)}: float16" for layer in asked["float_layers"])
        if not written.startswith(NO_FLOAT_LAYERS):
            raise Refused("the toolkit writes down its layers in an unknown way")
        settings.write_text(written.replace(NO_FLOAT_LAYERS, f"{NO_FLOAT_LAYERS[:-3]}{layers}", 1))
        (model,), (data,) = Path().glob("*.model"), Path().glob("*.data")
        self._rknn = _toolkit()
        _check(self._rknn.hybrid_quantization_step2(str(model), str(data), str(settings)))

    def _dataset(self, asked: Request) -> str:
        """The list of samples as the toolkit wants it: a file each, as large as the graph's input."""
        (batch, *_) = _input_shape(asked["onnx"])
        samples = np.load(asked["calibration"], mmap_mode="r")
        starts = range(0, len(samples) - batch + 1, batch)
        listed = Path("calibration.txt")
        listed.write_text("".join(f"{self._kept(samples[at : at + batch])}\n" for at in starts))
        return str(listed)

    def _kept(self, array: Array) -> str:
        """File of an array, channels first, which is how the toolkit reads files."""
        name = next(self._names)
        np.save(name, np.ascontiguousarray(array.transpose(0, 3, 1, 2) if array.ndim == 4 else array))
        return name

    def export(self, asked: Request, array: Array) -> Answer:
        _check(self._rknn.export_rknn(asked["path"]))
        return {}, b""

    def run(self, asked: Request, array: Array) -> Answer:
        outputs = self._rknn.inference(inputs=[array], data_format=["nhwc"] if array.ndim == 4 else None)
        if outputs is None:
            raise Refused
        (found,) = outputs
        return {"shape": found.shape}, np.ascontiguousarray(found, np.float32).tobytes()

    def analyse(self, asked: Request, array: Array) -> Answer:
        folder = tempfile.mkdtemp(dir=self._folder)
        _check(self._rknn.accuracy_analysis(inputs=[self._kept(array)], output_dir=folder))
        return {"table": Path(folder, "error_analysis.txt").read_text()}, b""


def _toolkit() -> Any:
    from rknn.api import RKNN

    return RKNN(verbose=False)


def _input_shape(path: str) -> list[int]:
    import onnx

    (given,) = onnx.load(path, load_external_data=False).graph.input
    return [one.dim_value for one in given.type.tensor_type.shape.dim]


def _check(code: int) -> None:
    if code != 0:
        raise Refused


def _last_line(error: BaseException) -> str:
    """The toolkit puts whole tracebacks into its exceptions: the last line is the reason."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else ""


def answer_all(stream: io.BufferedRWPair, graph: Graph) -> None:
    """Answer until the other end closes."""
    tasks: dict[str, Callable[[Request, Array], Answer]] = {
        "build": graph.build,
        "export": graph.export,
        "run": graph.run,
        "analyse": graph.analyse,
    }
    while lengths := stream.read(LENGTHS.size):
        told, block = (stream.read(length) for length in LENGTHS.unpack(lengths))
        asked: Request = json.loads(told)
        try:
            array = np.frombuffer(block, asked["dtype"]).reshape(asked["shape"]) if block else NOTHING
            answer, found = tasks[asked["do"]](asked, array)
        except Refused as refused:
            answer, found = {"error": str(refused)}, b""
        except Exception as error:  # the toolkit raises anything at all, and all of it goes to the other end
            traceback.print_exception(error)
            answer, found = {"error": _last_line(error)}, b""
        sys.stdout.flush()
        sent = json.dumps(answer).encode()
        stream.write(LENGTHS.pack(len(sent), len(found)) + sent + found)
        stream.flush()


def main(descriptor: int) -> None:
    if importlib.util.find_spec("torch") is None:
        sys.path.append(str(Path(__file__).parent))
        importlib.import_module("torch_standin").install()
    folder = Path.cwd()
    try:
        with socket.socket(fileno=descriptor) as other, other.makefile("rwb") as stream:
            answer_all(stream, Graph(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
