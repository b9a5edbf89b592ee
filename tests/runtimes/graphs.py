"""The smallest TFLite graphs that there can be: one that hands its input on in another shape.

Written with ai-edge-litert's own schema; `python tests/runtimes/graphs.py` makes the files in this folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Handed:
    """A graph; `scale` 0 is float32, anything else INT8."""

    takes: tuple[int, ...]
    gives: tuple[int, ...]
    scale: float = 0.0
    zero: int = 0

    def file(self, name: str) -> Path:
        return FOLDER / f"{name}.tflite"


GRAPHS = {
    "patches-f32": Handed((1, 4, 4, 3), (1, 4, 12)),
    "patches-int8": Handed((1, 4, 4, 3), (1, 4, 12), scale=0.02, zero=-3),
    "blocks-int8": Handed((1, 4, 12), (1, 2, 24), scale=0.05, zero=7),
}


def written(graph: Handed) -> bytes:
    """The graph as a .tflite file."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def tensor(name: str, shape: tuple[int, ...], kind: int, buffer: int) -> object:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, list(shape), kind, buffer
        if kind == schema.TensorType.INT8:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale, made.quantization.zeroPoint = [graph.scale], [graph.zero]
        return made

    kind = schema.TensorType.INT8 if graph.scale else schema.TensorType.FLOAT32
    whole, sub, step = schema.ModelT(), schema.SubGraphT(), schema.OperatorT()
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    step.opcodeIndex, step.inputs, step.outputs = 0, [0, 1], [2]
    sub.tensors = [
        tensor("given", graph.takes, kind, 0),
        tensor("shape", (len(graph.gives),), schema.TensorType.INT32, 1),
        tensor("back", graph.gives, kind, 0),
    ]
    sub.inputs, sub.outputs, sub.operators = [0], [2], [step]
    shape = schema.BufferT()
    shape.data = np.frombuffer(np.array(graph.gives, np.int32).tobytes(), np.uint8)
    whole.version, whole.operatorCodes, whole.subgraphs = 3, [code], [sub]
    whole.buffers = [schema.BufferT(), shape]
    builder = flatbuffers.Builder(1024)
    builder.Finish(whole.Pack(builder), b"TFL3")
    return bytes(builder.Output())


if __name__ == "__main__":
    for name, graph in GRAPHS.items():
        graph.file(name).write_bytes(written(graph))
