"""Fewer operators in an ONNX graph of anybody's, for the same numbers.

Constant folding and what else onnxruntime does to a graph without leaving the standard are done first
(`onnx_file.fold`); here come the two patterns that exporters write out in many operators: LayerNorm, and
the scale of attention.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, numpy_helper

PASSES_THROUGH = ("Reshape", "Transpose")
"""What a multiplication by one number may be moved across."""


@dataclass
class View:
    """A graph with its edges looked up."""

    graph: GraphProto
    makers: dict[str, NodeProto] = field(init=False)
    users: dict[str, list[NodeProto]] = field(init=False)
    values: dict[str, NDArray[np.generic]] = field(init=False)

    def __post_init__(self) -> None:
        self.makers = {name: node for node in self.graph.node for name in node.output}
        self.users = {}
        for node in self.graph.node:
            for name in node.input:
                self.users.setdefault(name, []).append(node)
        self.values = {one.name: numpy_helper.to_array(one) for one in self.graph.initializer}

    def maker(self, name: str, *kinds: str) -> NodeProto | None:
        """The node that makes a tensor, if it is of one of `kinds` and nothing else uses the tensor."""
        node = self.makers.get(name)
        known = node is not None and node.op_type in kinds and len(self.users.get(name, [])) == 1
        return node if known else None

    def number(self, name: str) -> float | None:
        """The one number that a constant is, or None; one of more dimensions would give others some too."""
        value = self.values.get(name)
        return float(value.reshape(-1)[0]) if value is not None and value.shape in ((), (1,)) else None

    def constant(self, node: NodeProto) -> tuple[str, str] | None:
        """Of a node's two inputs the computed one and the constant one."""
        first, second = node.input
        if second in self.values:
            return first, second
        return (second, first) if first in self.values else None


def fuse(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its LayerNorms in one operator and the scale of attention in the weights."""
    while _norm(View(model.graph)) or _scale(View(model.graph)):
        pass
    _sweep(model.graph)
    return model


def _norm(view: View) -> bool:
    """One LayerNorm that is written out: (x - mean) / √(mean((x - mean)²) + eps) · gain + shift."""
    for node in view.graph.node:
        if node.op_type == "Div" and (found := _written_out(view, node)) is not None:
            x, eps, width = found
            gain = _behind(view, node.output[0], "Mul", width)
            shift = _behind(view, gain[0].output[0], "Add", width) if gain is not None else None
            if gain is None or shift is None:
                continue
            name = shift[0].output[0]
            norm = onnx.helper.make_node(
                "LayerNormalization", [x, gain[1], shift[1]], [name], f"{name}/norm", axis=-1, epsilon=eps
            )
            _replace(view.graph, shift[0], norm)
            return True
    return False


def _written_out(view: View, divide: NodeProto) -> tuple[str, float, int] | None:
    """Input, eps and width of the norm whose division this is."""
    centred, root = view.makers.get(divide.input[0]), view.maker(divide.input[1], "Sqrt")
    if centred is None or centred.op_type != "Sub" or root is None:
        return None
    x, mean = centred.input[0], view.makers.get(centred.input[1])
    add = view.maker(root.input[0], "Add")
    parts = view.constant(add) if add is not None else None
    if not _is_mean(view, mean, x) or parts is None:
        return None
    eps, variance = view.number(parts[1]), view.maker(parts[0], "ReduceMean")
    square = view.maker(variance.input[0], "Pow", "Mul") if variance is not None else None
    if eps is None or square is None or not _is_square(view, square, centred.output[0]):
        return None
    width = _width(view, x)
    return (x, eps, width) if width and _is_mean(view, variance, square.output[0]) else None


def _is_square(view: View, node: NodeProto, of: str) -> bool:
    by_itself = node.op_type == "Mul" and list(node.input) == [of, of]
    return by_itself or (node.op_type == "Pow" and node.input[0] == of and view.number(node.input[1]) == 2)


def _is_mean(view: View, node: NodeProto | None, of: str) -> bool:
    """Whether a node takes the mean of `of` over its last dimension, and keeps it."""
    if node is None or node.op_type != "ReduceMean" or node.input[0] != of:
        return False
    given = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    axes = list(given.get("axes", []))
    if len(node.input) > 1:
        axes = view.values[node.input[1]].tolist() if node.input[1] in view.values else []
    return len(axes) == 1 and axes[0] in (-1, _rank(view, of) - 1) and given.get("keepdims", 1) == 1


def _dimensions(view: View, name: str) -> list[int]:
    for one in (*view.graph.value_info, *view.graph.input, *view.graph.output):
        if one.name == name:
            return [size.dim_value for size in one.type.tensor_type.shape.dim]
    return []


def _rank(view: View, name: str) -> int:
    return len(_dimensions(view, name))


def _width(view: View, name: str) -> int:
    """Size of the last dimension, 0 where it is not known."""
    return (_dimensions(view, name) or [0])[-1]


def _behind(view: View, name: str, kind: str, width: int) -> tuple[NodeProto, str] | None:
    """The only user of a tensor, where it is of this kind and its other side is a constant [width]."""
    users = view.users.get(name, [])
    parts = view.constant(users[0]) if len(users) == 1 and users[0].op_type == kind else None
    if parts is None or parts[0] != name or view.values[parts[1]].shape != (width,):
        return None
    return users[0], parts[1]


def _scale(view: View) -> bool:
    """One multiplication or division by a number that the matrix before it can do."""
    for node in view.graph.node:
        if node.op_type not in ("Mul", "Div") or len(node.input) != 2:
            continue
        parts = view.constant(node)
        number = view.number(parts[1]) if parts is not None else None
        if parts is None or number is None or (node.op_type == "Div" and parts[1] != node.input[1]):
            continue
        factor = number if node.op_type == "Mul" else 1 / number
        weights = _linear(view, parts[0])
        if weights is not None and len(view.users.get(parts[0], [])) == 1:
            for name in weights:
                _times(view.graph, name, factor)
            _reroute(view, node, parts[0])
            return True
    return False


def _linear(view: View, name: str) -> list[str] | None:
    """The weights, none of them shared, of the linear layer that a tensor is the reshaped output of."""
    node = view.maker(name, *PASSES_THROUGH, "Add", "Gemm", "MatMul")
    if node is None:
        return None
    if node.op_type in PASSES_THROUGH:
        return _linear(view, node.input[0])
    if node.op_type == "Add":
        parts = view.constant(node)
        behind = view.maker(parts[0], "MatMul", "Gemm") if parts is not None else None
        inner = _linear(view, parts[0]) if parts is not None and behind is not None else None
        found = [*inner, parts[1]] if inner is not None and parts is not None else None
    elif node.op_type == "MatMul" and node.input[0] not in view.values and node.input[1] not in view.values:
        # Scores of attention: either side may be scaled for both.
        return _linear(view, node.input[0])
    else:
        found = list(node.input[1:])
    alone = found is not None and all(n in view.values and len(view.users[n]) == 1 for n in found)
    return found if alone else None


def _times(graph: GraphProto, name: str, factor: float) -> None:
    held = next(one for one in graph.initializer if one.name == name)
    value = numpy_helper.to_array(held)
    held.CopyFrom(numpy_helper.from_array((value * factor).astype(value.dtype), name))


def _reroute(view: View, node: NodeProto, source: str) -> None:
    """Take a node out: its input stands for its output, which keeps its name where the graph gives it."""
    if any(one.name == node.output[0] for one in view.graph.output):
        maker = view.makers[source]
        maker.output[list(maker.output).index(source)] = node.output[0]
    for user in view.users.get(node.output[0], []):
        for place, name in enumerate(user.input):
            if name == node.output[0]:
                user.input[place] = source
    view.graph.node.remove(node)


def _replace(graph: GraphProto, old: NodeProto, new: NodeProto) -> None:
    place = next(i for i, node in enumerate(graph.node) if node is old or node == old)
    graph.node.remove(old)
    graph.node.insert(place, new)


def _sweep(graph: GraphProto) -> None:
    """Drop nodes and constants that nothing uses any more."""
    while True:
        used = {name for node in graph.node for name in node.input} | {one.name for one in graph.output}
        idle = [node for node in graph.node if not used.intersection(node.output)]
        if not idle:
            break
        for node in idle:
            graph.node.remove(node)
    for held in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(held)
