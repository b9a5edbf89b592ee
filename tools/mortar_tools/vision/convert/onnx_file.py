"""A tower's graph as ONNX, for the converters of NPUs: static shapes, NCHW, operator set 17."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path

import onnx
import onnxruntime  # type: ignore[import-untyped]
import torch

from mortar.runtimes.forms import Role
from mortar_tools.vision.convert.graphs import Graph, given
from mortar_tools.vision.convert.lean import Lean
from mortar_tools.vision.towers.tower import Tower

OPSET = 17
"""The first with LayerNormalization as one operator; rknn-toolkit2 takes up to 19."""
PICTURE, PATCHES, TOKENS = "picture", "patches", "tokens"

ENDS = {
    Role.WHOLE: (PICTURE, TOKENS),
    Role.PATCHES: (PICTURE, PATCHES),
    Role.BLOCKS: (PATCHES, TOKENS),
}
"""What a graph's input and output are called."""


def write(tower: Tower | Lean, role: Role, batch: int, path: Path) -> None:
    """float32 `picture` [batch, 3, edge, edge] or `patches` [batch, patches, width] →
    `patches` or `tokens` [batch, n_tok, n_embd]."""
    traced = path.with_suffix(".traced")
    takes, gives = ENDS[role]
    with warnings.catch_warnings():
        # torch would rather have its newer exporter used, which takes a hundred times as long for the
        # same operators.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Graph(tower, role, channels_last=False).eval(),
            (given(tower.shape, role, batch, channels_last=False),),
            str(traced),
            dynamo=False,
            opset_version=OPSET,
            input_names=[takes],
            output_names=[gives],
        )
    fold(traced, path)
    traced.unlink()


def fold(source: Path, path: Path, move_transposes: bool = True) -> None:
    """Compute what is constant: no shapes are worked out in a graph whose shapes are all known.

    Transpositions are moved to where they cancel out, which may part the operators of a pattern.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    left_out = [] if move_transposes else ["TransposeOptimizer"]
    onnxruntime.InferenceSession(
        source, options, providers=["CPUExecutionProvider"], disabled_optimizers=left_out
    )
    model = onnx.load(path)
    # onnxruntime declares every operator set that it has.
    standard = [one for one in model.opset_import if one.domain == ""]
    del model.opset_import[:]
    model.opset_import.extend(standard)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def operators(path: Path) -> Counter[str]:
    """How many of each operator an ONNX file has."""
    return Counter(node.op_type for node in onnx.load(path, load_external_data=False).graph.node)
