"""Whether a form gives what its source gives, on a few pictures, before it is put where it is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import torch
from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]

from mortar.errors import MortarError
from mortar.runtimes.forms import Precision
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.tflite import quiet

LEAST = {Precision.F32: 0.9999, Precision.F16: 0.999}
"""Cosine of any row of the output. INT8 is judged by `mortar tools check vision`, on the model's answers."""


def by_onnx(path: Path, given: Floats) -> Floats:
    """The output of an ONNX graph."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (out,) = session.run(None, {session.get_inputs()[0].name: given})
    return out  # type: ignore[no-any-return]


def by_tflite(path: Path, given: Floats) -> Floats:
    """The output of a TFLite graph, by the engine that litert-torch and the quantiser are made for."""
    with quiet():
        interpreter = Interpreter(model_path=str(path))
        interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], given)
    interpreter.invoke()
    out: Floats = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return out


def by_torch(module: torch.nn.Module, given: Floats) -> Floats:
    """The output of a torch module."""
    with torch.no_grad():
        out: Floats = module(torch.from_numpy(given)).numpy()
    return out


def least_cosine(ours: Floats, theirs: Floats) -> float:
    """The least similar row of two outputs [..., width]."""
    lengths = np.linalg.norm(ours, axis=-1) * np.linalg.norm(theirs, axis=-1)
    return float(((ours * theirs).sum(-1) / lengths).min())


def require(name: str, precision: Precision, cosine: float) -> None:
    """Raises MortarError where a form is not what its source is."""
    if not cosine >= LEAST.get(precision, -1.0):
        raise MortarError(
            "convert-differs",
            f"{name} does not give what its source gives (least cosine {cosine:.5f})",
            "report it, with the file that was converted",
        )
