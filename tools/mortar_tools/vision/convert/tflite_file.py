"""A tower's graph as TFLite: channels innermost, as cameras and NPUs have them."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from mortar.runtimes.forms import Role
from mortar.runtimes.tflite import quiet
from mortar_tools.vision.convert.graphs import Graph, given
from mortar_tools.vision.convert.lean import Lean
from mortar_tools.vision.towers.tower import Tower


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


def operators(path: Path) -> Counter[str]:
    """How many of each operator a TFLite file has."""
    from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    # Codes above 127 stand in a field of their own.
    codes = [max(one.builtinCode, one.deprecatedBuiltinCode) for one in model.operatorCodes]
    return Counter(names[codes[one.opcodeIndex]] for graph in model.subgraphs for one in graph.operators)
