"""The tower as ONNX, for the converters of NPUs: static shapes, NCHW, operator set 17."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import onnxruntime  # type: ignore[import-untyped]
import torch

from mortar_tools.cards.training.model import Vision

OPSET = 17
"""The first with LayerNormalization as one operator; rknn-toolkit2 2.3.2 takes up to 19."""
INPUT, OUTPUT = "picture", "tokens"


def write(vision: Vision, path: Path) -> None:
    """float32 `picture` [1, 3, edge, edge] → `tokens` [1, image tokens, width]."""
    traced = path.with_suffix(".traced")
    edge = vision.shape.picture
    with warnings.catch_warnings():
        # torch would rather have its newer exporter used, which takes a hundred times as long for the
        # same operators.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            vision.eval(),
            (torch.zeros(1, 3, edge, edge),),
            str(traced),
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
        )
    fold(traced, path)
    traced.unlink()


def fold(source: Path, path: Path) -> None:
    """Compute what is constant: no shapes are worked out in a graph whose shapes are all known."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    model = onnx.load(path)
    # onnxruntime declares every operator set that it has.
    standard = [one for one in model.opset_import if one.domain == ""]
    del model.opset_import[:]
    model.opset_import.extend(standard)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
