"""TensorFlow Lite's interpreter: ai-edge-litert, or tflite-runtime, which came before it.

Through XNNPACK, which both apply by themselves on the CPU, or through an external delegate: a library with
the two functions of tflite_plugin_create_delegate, such as Mesa's libteflon.so.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.tensors import Numbers, Tensor

NEWER = "ai_edge_litert"

PACKAGES = (f"{NEWER}.interpreter", "tflite_runtime.interpreter")
"""Modules with the same classes; the first that is installed is used. The newer one makes one XNNPACK graph
of the bundled encoder, where tflite-runtime 2.14 makes 49 with TFLite's own operators between, and only it
can run dynamic-range INT8."""

ENTRY = "tflite_plugin_create_delegate"

DELEGATED = "DELEGATE"
"""The operator that stands in a graph for what a delegate took."""


class Interpreted:
    """A .tflite file in an interpreter. Raises MortarError where the file or the delegate is unusable."""

    def __init__(self, path: Path, *, threads: int, delegate: str = "") -> None:
        engine = package()
        self.unit = "tflite/npu" if delegate else "tflite/cpu"
        options: dict[str, Any] = {"model_path": str(path), "num_threads": threads}
        if delegate:
            options |= {
                "experimental_delegates": [_delegate(engine, delegate)],
                # XNNPACK's share could not be told from the delegate's.
                "experimental_op_resolver_type": engine.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            }
        try:
            with quiet():
                self._interpreter = engine.Interpreter(**options)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise (
                _refused(path, delegate, first_line(error)) if delegate else unusable(path, error)
            ) from None
        if delegate and not self._is_delegated():
            raise _refused(path, delegate, "it takes no part of it")
        self.takes, self._input = _only(self._interpreter.get_input_details(), path)
        self.gives, self._output = _only(self._interpreter.get_output_details(), path)

    def given(self) -> Numbers:
        """The input where the engine reads it. It must be let go before `run`."""
        view: Numbers = self._interpreter.tensor(self._input)()
        return view

    def run(self) -> None:
        """Blocks. Raises UnitFailed."""
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise failed(error) from None

    def given_back(self) -> Numbers:
        """The output where the engine wrote it. It must be let go before `run`."""
        view: Numbers = self._interpreter.tensor(self._output)()
        return view

    def close(self) -> None:
        del self._interpreter

    def _is_delegated(self) -> bool:
        return any(op["op_name"].startswith(DELEGATED) for op in self._interpreter._get_ops_details())


def ends_of(path: Path) -> tuple[Tensor, Tensor]:
    """What a file takes and gives, found without reading its weights. Raises MortarError where it is none."""
    try:
        with quiet():
            interpreter = package().Interpreter(model_path=str(path))
    except (ValueError, RuntimeError) as error:
        raise unusable(path, error) from None
    takes, _ = _only(interpreter.get_input_details(), path)
    gives, _ = _only(interpreter.get_output_details(), path)
    return takes, gives


def failed(error: Exception) -> UnitFailed:
    return UnitFailed(
        "vision-engine-failed",
        f"TensorFlow Lite could not encode a picture ({first_line(error)})",
        "see the log; if it comes back, report it",
    )


def unusable(path: Path, error: Exception) -> MortarError:
    return MortarError(
        "vision-model-unusable",
        f"{path} is no model that TensorFlow Lite can run ({first_line(error)})",
        "restore the file, or convert the model again",
    )


def _refused(path: Path, delegate: str, why: str) -> MortarError:
    return MortarError(
        "delegate-failed",
        f"{delegate} could not take {path.name} ({why})",
        "convert the model to full INT8, which is what delegates of NPUs take, or clear eye.delegate",
    )


def package() -> Any:
    for name in PACKAGES:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise MortarError(
        "tflite-missing",
        "neither ai-edge-litert nor tflite-runtime is installed",
        "install one of them, or run `make setup`",
    )


def runs_ranging() -> bool:
    """Whether the installed engine runs INT8 whose ranges are found as they come: tflite-runtime 2.14 gives
    other numbers (mean cosine 0.41) and says nothing."""
    return importlib.util.find_spec(NEWER) is not None


def _delegate(package: Any, path: str) -> Any:
    """The loaded delegate. Raises MortarError."""
    try:
        # Looked at first, because the package's own loader leaves a traceback behind where it fails.
        getattr(ctypes.CDLL(path), ENTRY)
        with quiet():
            return package.load_delegate(path)
    except (OSError, AttributeError, ValueError) as error:
        raise MortarError(
            "delegate-unusable",
            f"{path} is no delegate that TensorFlow Lite can load ({first_line(error)})",
            "set eye.delegate to a library such as Mesa's libteflon.so, or clear it",
        ) from None


def _only(details: list[dict[str, Any]], path: Path) -> tuple[Tensor, int]:
    """The one tensor, and its index."""
    if len(details) != 1:
        raise MortarError(
            "vision-model-shape",
            f"{path} has {len(details)} inputs or outputs instead of one",
            "use the file and the manifest of one and the same model",
        )
    (held,) = details
    scale, zero = held["quantization"]
    shape = tuple(int(n) for n in held["shape"])
    # Unquantised tensors say scale 0.
    return Tensor(shape, np.dtype(held["dtype"]), float(scale) or 1.0, int(zero)), held["index"]


@contextmanager
def quiet() -> Iterator[None]:
    """Standard error goes nowhere: the engine announces XNNPACK there and has no switch for it.

    What goes wrong is in its exceptions as well.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def first_line(error: Exception) -> str:
    """What an engine said, as short as it can be."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
