"""A tower's graph as TFLite: channels innermost, as cameras and NPUs have them.

What INT8 is was decided by the image tokens' cosine to float32, on 60 drawn scenes of the bundled model:

    linear layers in INT8, activations by calibration       mean 0.9992  least 0.995
    the patches' convolution and the norms in INT8 as well  mean 0.9913  least 0.893
    weights alone, activations ranged as they come          mean 0.9998  least 0.999

The last needs no pictures, and is what INT8 is without any; what tflite-runtime 2.14 makes of it is wrong
(mean 0.41), so it is not used there. With pictures INT8 is the first: any engine runs it, and
a delegate takes it.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]
from ai_edge_quantizer import quantizer, recipe  # type: ignore[import-untyped]
from ai_edge_quantizer.algorithm_manager import AlgorithmName  # type: ignore[import-untyped]
from ai_edge_quantizer.qtyping import TFLOperationName as Operation  # type: ignore[import-untyped]

from mortar.runtimes.forms import Role
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.tflite import quiet
from mortar_tools.vision.convert.graphs import Graph, given
from mortar_tools.vision.convert.lean import Lean
from mortar_tools.vision.towers.tower import Tower

NORMS = ".*lean.Norm.*"
"""The layers of `lean.Norm`, by the module in the names of their tensors: squares have too wide a range."""


@contextmanager
def silenced() -> Iterator[None]:
    """The converters tell every step of their work."""
    with quiet(), redirect_stdout(io.StringIO()):
        yield


def write_float32(tower: Tower | Lean, role: Role, batch: int, path: Path) -> None:
    """The graph, float32 throughout."""
    graph = Graph(tower, role, channels_last=True).eval()
    with silenced():
        # A slow import that only exporting needs.
        import litert_torch  # type: ignore[import-untyped]

        example = given(tower.shape, role, batch, channels_last=True)
        litert_torch.convert(graph, (example,)).export(str(path))


def write_float16(source: Path, path: Path) -> None:
    """The graph of a float32 file, its matrices and kernels in float16: half the size.

    XNNPACK widens them once, when it loads them, and computes in float32 as ever: no slower, and the
    bundled model's image tokens have a cosine of 0.9999998 to those of float32 weights.
    """
    made = quantizer.Quantizer(str(source))
    _float16(made, (Operation.FULLY_CONNECTED, Operation.CONV_2D))
    _export(made, source, path)


def write_int8(source: Path, inputs: Floats, path: Path) -> list[dict[str, Any]]:
    """The graph of a float32 file, its linear layers in INT8 with fixed ranges of activations, kernels of
    convolutions in float16. `inputs`: float32 [n, ...] that the ranges are found with. Gives the quantiser's
    recipe."""
    made = quantizer.Quantizer(str(source))
    made.add_static_config(".*", Operation.FULLY_CONNECTED, 8, 8)
    made.update_quantization_recipe(NORMS, Operation.FULLY_CONNECTED, algorithm_key=AlgorithmName.NO_QUANTIZE)
    _float16(made, (Operation.CONV_2D,))
    with silenced():
        interpreter = Interpreter(model_path=str(source))
        ((signature, ends),) = interpreter.get_signature_list().items()
        batch = int(interpreter.get_input_details()[0]["shape"][0])
        ranges = made.calibrate({signature: [{ends["inputs"][0]: one} for one in batches(inputs, batch)]})
    _export(made, source, path, ranges)
    used: list[dict[str, Any]] = made.get_quantization_recipe()
    return used


def write_ranging_int8(source: Path, path: Path) -> list[dict[str, Any]]:
    """The graph of a float32 file with INT8 weights, the ranges of activations found as they come. Gives the
    quantiser's recipe."""
    made = quantizer.Quantizer(str(source), recipe.dynamic_wi8_afp32())
    _export(made, source, path)
    used: list[dict[str, Any]] = made.get_quantization_recipe()
    return used


def batches(inputs: Floats, batch: int) -> Iterator[Floats]:
    """[n, ...] in fixed batches; the first ones fill up the last batch."""
    for first in range(0, len(inputs), batch):
        yield inputs.take(range(first, first + batch), axis=0, mode="wrap")


def _float16(made: quantizer.Quantizer, operations: Sequence[Operation]) -> None:
    for operation in operations:
        made.add_weight_only_config(".*", operation, 16, algorithm_key=AlgorithmName.FLOAT_CASTING)


def _export(made: quantizer.Quantizer, source: Path, path: Path, ranges: object = None) -> None:
    # It prints its progress and its statistics.
    with silenced():
        made.quantize(ranges).export_model(str(path), overwrite=True)
    # It writes for its owner alone.
    path.chmod(source.stat().st_mode)


def operators(path: Path) -> Counter[str]:
    """How many of each operator a TFLite file has."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    # Codes above 127 stand in a field of their own.
    codes = [max(one.builtinCode, one.deprecatedBuiltinCode) for one in model.operatorCodes]
    return Counter(names[codes[one.opcodeIndex]] for graph in model.subgraphs for one in graph.operators)
