"""TensorFlow Lite for large files: XNNPACK's packed weights lie in a file beside the model and are mapped.

XNNPACK computes with weights in an order of its own. An interpreter makes them anew at every start and then
holds both; here they are made once, and later starts map them: half the memory, which the kernel may take
back at need, and a start in milliseconds. Measured on a SigLIP-base tower in dynamic-range INT8 (93 MB of
weights), x86: 112 MB instead of 190 MB. Below some ten megabytes the interpreter is as small. Only
ai-edge-litert can do it.
"""

from __future__ import annotations

import atexit
import os
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from mortar.runtimes.interfaces import Floats
from mortar.runtimes.tensors import Tensor
from mortar.runtimes.tflite_interpreter import failed, quiet, unusable

PACKAGE = "ai_edge_litert"

SUFFIX = ".packed"
"""Of the packed weights, in the place of the model's ".tflite"."""

LARGE_bytes = 16_000_000
"""Model files from here on are packed."""


def pays(path: Path) -> bool:
    """Whether a model is large enough, and there is the engine for it."""
    try:
        return path.stat().st_size >= LARGE_bytes and find_spec(PACKAGE) is not None
    except OSError:
        return False


class Packed:
    """A .tflite file that takes and gives float32, as was found out before: it does not tell scales, and it
    crashes on a file that is no model. Raises MortarError where it can't be run."""

    unit = "tflite/cpu"

    def __init__(self, path: Path, takes: Tensor, gives: Tensor, *, threads: int) -> None:
        self.takes, self.gives = takes, gives
        model = _loaded(path, threads)
        self._given = np.zeros(self.takes.shape, np.float32)
        self._held = [model, model.create_input_buffers(0), model.create_output_buffers(0)]
        with quiet():
            # The first one sets up what it tells of.
            self._held[1][0].write(self._given)
        _end_quietly()

    def given(self) -> Floats:
        """The input, which `run` copies into the engine."""
        return self._given

    def run(self) -> None:
        """Blocks. Raises UnitFailed."""
        model, given, gives = self._held
        try:
            given[0].write(self._given)
            model.run_by_index(0, given, gives)
        except RuntimeError as error:
            raise failed(error) from None

    def given_back(self) -> Floats:
        """A copy of the output."""
        *_, gives = self._held
        held: Floats = gives[0].read(int(np.prod(self.gives.shape)), np.float32)
        return held.reshape(self.gives.shape)

    def close(self) -> None:
        with quiet():
            self._held.clear()


def _loaded(path: Path, threads: int) -> Any:
    """The model, its weights packed and mapped."""
    compiled, options = (import_module(f"{PACKAGE}.{name}") for name in ("compiled_model", "options"))
    packed = path.with_suffix(SUFFIX)
    _drop_older(packed, path)
    # Under its final name only once it is whole. XNNPACK makes a damaged file anew, and does without one
    # where the folder can't be written.
    made = packed if packed.exists() else packed.with_name(f".{packed.name}.{os.getpid()}")
    cpu = options.CpuOptions(num_threads=threads, xnnpack_weight_cache_path=str(made))
    try:
        with quiet():
            return compiled.CompiledModel.from_file(str(path), options=options.Options(cpu_options=cpu))
    except (ValueError, RuntimeError) as error:
        raise unusable(path, error) from None
    finally:
        if made is not packed:
            with suppress(OSError):
                made.rename(packed)


@cache
def _end_quietly() -> None:
    """The engine's last words, from its destructors, go nowhere: nothing else is said after `atexit`."""
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))


def _drop_older(packed: Path, model: Path) -> None:
    """Weights packed before the model became what it is are those of another one."""
    with suppress(OSError):
        if packed.stat().st_mtime_ns <= model.stat().st_mtime_ns:
            packed.unlink()
