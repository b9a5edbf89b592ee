"""An ONNX file of anybody's vision encoder, made ready for the converters: fixed shapes, NCHW, fused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, ValueInfoProto
from onnxruntime.capi.onnxruntime_pybind11_state import (  # type: ignore[import-untyped]
    Fail,
    InvalidArgument,
    InvalidGraph,
    NotImplemented,
    RuntimeException,
)

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats
from mortar_tools.vision.convert import onnx_file
from mortar_tools.vision.convert.fuse import fuse

REFUSED = (Fail, InvalidArgument, InvalidGraph, NotImplemented, RuntimeException)
"""How onnxruntime says that it cannot run a graph."""

MOST_OPSET = 19
COLOURS = 3


@dataclass(frozen=True)
class Ends:
    """What an encoder takes and gives."""

    height_px: int
    width_px: int
    n_tok: int
    n_embd: int
    channels_last: bool


def ends(path: Path) -> Ends:
    """Of an encoder [b, 3, h, w] or [b, h, w, 3] → [b, n_tok, n_embd]. Raises MortarError."""
    graph = _infer(_load(path), 1, path).graph
    takes, gives = graph.input[0], graph.output[0]
    shape, out = _sizes(takes), _sizes(gives)
    if len(graph.input) != 1 or len(graph.output) != 1 or len(shape) != 4 or len(out) != 3:
        raise _wrong(
            path,
            f"has inputs {[_sizes(one) for one in graph.input]} and outputs "
            f"{[_sizes(one) for one in graph.output]}",
        )
    channels_last = shape[3] == COLOURS and shape[1] != COLOURS
    height, width = shape[1:3] if channels_last else shape[2:]
    if COLOURS not in (shape[1], shape[3]) or 0 in (height, width, *out):
        raise _wrong(path, f"takes {shape} and gives {out}, where 0 is a size that is not fixed")
    return Ends(height, width, out[1], out[2], channels_last)


def write(source: Path, batch: int, path: Path) -> None:
    """The encoder for pictures [batch, 3, h, w], input `picture`, output `tokens`. Raises MortarError."""
    known = ends(source)
    model = _infer(_load(source), batch, source)
    if (held := _sizes(model.graph.output[0])[0]) != batch:
        raise MortarError(
            "onnx-batch",
            f"{source} is made for {held} at a time, not {batch}",
            "leave --batch at 1, or export it with a free first dimension",
        )
    if known.channels_last:
        _colours_first(model.graph)
    _rename(model.graph)
    draft = path.with_suffix(".shaped")
    onnx.save(model, draft)
    try:
        onnx_file.fold(draft, path, move_transposes=False)
        shaped = onnx.shape_inference.infer_shapes(onnx.load(path))
        onnx.save(fuse(shaped), path)
        # Once more: what the fusion left behind may be constant.
        onnx_file.fold(path, path)
    except REFUSED as error:
        raise _wrong(source, f"cannot be run ({_first_line(error)})") from None
    finally:
        draft.unlink()


def reference(source: Path, given: Floats) -> Floats:
    """What the file itself gives for pictures [n, 3, h, w], one after the other."""
    pictures = given.transpose(0, 2, 3, 1) if ends(source).channels_last else given
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: one[np.newaxis]})[0] for one in pictures])


def _load(path: Path) -> ModelProto:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise _wrong(path, f"is not valid ({_first_line(error)})") from None
    except DecodeError:
        raise _wrong(path, "is no ONNX file") from None
    opset = next((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), 0)
    if opset > MOST_OPSET or opset < 1:
        raise _wrong(
            path, f"is of operator set {opset}, and {MOST_OPSET} is the newest that NPU toolkits take"
        )
    if opset < onnx_file.OPSET:
        try:
            model = onnx.version_converter.convert_version(model, onnx_file.OPSET)
        except (RuntimeError, onnx.version_converter.ConvertError) as error:
            raise _wrong(path, f"cannot be brought to a newer operator set ({_first_line(error)})") from None
    return model


def _infer(model: ModelProto, batch: int, path: Path) -> ModelProto:
    """The model with its shapes worked out for a batch."""
    graph = model.graph
    constants = {one.name for one in graph.initializer}
    for one in [one for one in graph.input if one.name in constants]:
        graph.input.remove(one)
    if not graph.input or not graph.output or not graph.input[0].type.tensor_type.shape.dim:
        raise _wrong(path, "has no input of a known shape")
    graph.input[0].type.tensor_type.shape.dim[0].dim_value = batch
    del graph.value_info[:]
    for one in graph.output:
        one.type.tensor_type.ClearField("shape")
    try:
        return onnx.shape_inference.infer_shapes(model, data_prop=True)
    except onnx.shape_inference.InferenceError as error:
        raise _wrong(path, f"has shapes that do not fit ({_first_line(error)})") from None


def _sizes(value: ValueInfoProto) -> list[int]:
    """0 stands for a size that is not known."""
    return [size.dim_value for size in value.type.tensor_type.shape.dim]


def _colours_first(graph: GraphProto) -> None:
    """The NPU's toolkit wants [b, 3, h, w]; the transposition that is put in mostly cancels out another."""
    takes = graph.input[0]
    sizes = takes.type.tensor_type.shape.dim
    last = f"{takes.name}_last"
    for node in graph.node:
        node.input[:] = [last if name == takes.name else name for name in node.input]
    graph.node.insert(0, onnx.helper.make_node("Transpose", [takes.name], [last], perm=[0, 2, 3, 1]))
    height, width = sizes[1].dim_value, sizes[2].dim_value
    for size, value in zip(sizes[1:], (COLOURS, height, width), strict=False):
        size.dim_value = value


def _rename(graph: GraphProto) -> None:
    names = {graph.input[0].name: onnx_file.PICTURE, graph.output[0].name: onnx_file.TOKENS}
    graph.input[0].name, graph.output[0].name = names.values()
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _wrong(path: Path, why: str) -> MortarError:
    return MortarError(
        "onnx-unusable",
        f"{path} {why}",
        "give an encoder float32 [1, 3, h, w] or [1, h, w, 3] → [1, n_tok, n_embd] of fixed height and width",
    )
