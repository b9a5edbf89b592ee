"""A process of rknn-toolkit2: asked for one thing after the other, each within a bounded time."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats, Pixels

WORKER = Path(__file__).with_name("worker.py")
LENGTHS = struct.Struct("<II")

BUILD_S = 1_800.0
"""Most that building or analysing a graph may take: 3 s for the bundled model, minutes for large ones."""
END_S = 5.0
LOG_lines = 40

AGAIN = "convert it again: mortar tools convert"
REMEDIES: tuple[tuple[str, str], ...] = (
    ("needs torch", "install torch 2.4.0 into that environment with its own pip"),
    ("KeyError: 'LayerNormalization'", "write out the epsilon of each LayerNormalization, also the default"),
    ("target_platform", "choose a SoC that it knows, such as rk3588, rk3576 or rk3566"),
    ("out of memory|MemoryError|bad_alloc", "close other programs, or convert a smaller model"),
    ("No space left", "make room on the disk of the temporary folder"),
    ("npy|calibration|dataset", "calibrate with pictures of the graph's own shape"),
    ("not exists?!|No such file|Error parsing message|ONNXRuntimeError", AGAIN),
    ("shape|expect", "use the graph and the configuration of one and the same conversion"),
    (
        "[Uu]nsupport|[Nn]ot support",
        "write the graph without what it names, or leave that part to the processor",
    ),
)
"""In a reason of the toolkit's → what to do; the first that fits."""

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PROGRESS = re.compile(r"\d+\/\d+ \[\d")


@dataclass(frozen=True)
class Recipe:
    """All that a graph is built from: the same recipe makes the .rknn and the graph that is simulated."""

    onnx: Path
    config: Mapping[str, object]
    """What RKNN.config takes."""
    calibration: Path | None = None
    """.npy, the graph's input channels last [n, ...]: makes the graph INT8."""
    float_layers: tuple[str, ...] = ()
    """Of an INT8 graph: those that stay float16."""


class ToolkitProcess:
    """rknn-toolkit2 at work in its own environment. Whatever fails is a MortarError; a process that is past
    its time is killed."""

    def __init__(self, python: Path, worker: Path = WORKER) -> None:
        self._folder = tempfile.mkdtemp(prefix="mortar-toolkit-")
        # Not a pipe: nobody reads it while all goes well, and it would fill.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._log_start = 0
        self._socket, theirs = socket.socketpair()
        try:
            # -I: packages of this program's environment are not the toolkit's, whatever PYTHONPATH says.
            self._process = subprocess.Popen(
                [python, "-I", worker, str(theirs.fileno())],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
            )
        except OSError as error:
            self._socket.close()
            self._forget()
            raise MortarError(
                "toolkit-missing", f"{python}: {error.strerror}", "make it: mortar tools make toolkit"
            ) from None
        finally:
            theirs.close()

    def build(self, recipe: Recipe, patience_s: float = BUILD_S) -> str:
        """Build a graph in the place of the one before; gives the toolkit's version."""
        asked = {
            "do": "build",
            "onnx": str(recipe.onnx.resolve()),
            "config": dict(recipe.config),
            "calibration": str(recipe.calibration.resolve()) if recipe.calibration else None,
            "float_layers": recipe.float_layers,
        }
        return str(self._ask(asked, patience_s)[0]["version"])

    def export(self, path: Path) -> None:
        """Write the graph as .rknn."""
        self._ask({"do": "export", "path": str(path.resolve())}, BUILD_S)

    def run(self, given: Pixels | Floats, patience_s: float, out: Floats | None = None) -> Floats:
        """Simulate the graph: `given` as its input but channels last. Gives its output, in place in `out`."""
        return self._ask({"do": "run", **_described(given)}, patience_s, given, out)[1]

    def analyse(self, given: Pixels | Floats) -> str:
        """The toolkit's table of what each layer of an INT8 graph makes wrong, of one input."""
        return str(self._ask({"do": "analyse", **_described(given)}, BUILD_S, given)[0]["table"])

    def log(self) -> str:
        """The end of what the toolkit has printed of what it was asked last, without its progress bars."""
        # Not by seeking: the process writes where this file's position is.
        written = os.pread(self._log.fileno(), self._log_size() - self._log_start, self._log_start)
        printed = COLOUR.sub("", written.decode(errors="replace"))
        lines = [line for line in re.split(r"[\r\n]+", printed) if line.strip() and not PROGRESS.search(line)]
        return "\n".join(lines[-LOG_lines:])

    def close(self) -> None:
        """End it; what it was at is lost."""
        self._socket.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._kill()
        self._forget()

    def _ask(
        self,
        asked: Mapping[str, object],
        patience_s: float,
        given: Pixels | Floats | None = None,
        out: Floats | None = None,
    ) -> tuple[dict[str, Any], Floats]:
        self._log_start = self._log_size()
        told = json.dumps(asked).encode()
        block = b"" if given is None else np.ascontiguousarray(given).data.cast("B")
        ends_s = time.monotonic() + patience_s
        try:
            self._socket.settimeout(patience_s)
            self._socket.sendall(LENGTHS.pack(len(told), len(block)) + told)
            self._socket.sendall(block)
            n_told, n_block = LENGTHS.unpack(self._read(LENGTHS.size, ends_s))
            answer: dict[str, Any] = json.loads(self._read(n_told, ends_s))
            if "error" in answer:
                raise self._refused(str(answer["error"]))
            return answer, self._array(answer.get("shape", [0]), n_block, out, ends_s)
        except TimeoutError:
            self._kill()
            raise MortarError(
                "toolkit-too-slow",
                f"rknn-toolkit2 took longer than {patience_s:.0f} s and was ended",
                "try again when the computer has less to do, or use a smaller model",
            ) from None
        except OSError:
            self._kill()
            raise MortarError(
                "toolkit-ended", f"rknn-toolkit2 ended ({self._last_words()})", "start it again; see its log"
            ) from None

    def _array(self, shape: list[int], length: int, out: Floats | None, ends_s: float) -> Floats:
        found = np.empty(shape, np.float32) if out is None else out
        if shape != list(found.shape) or length != found.nbytes:
            # What is on its way is not wanted any more, and would be taken for the next answer.
            self._kill()
            raise MortarError(
                "vision-model-shape", f"the graph gives {shape} instead of {list(found.shape)}", AGAIN
            )
        self._read_into(found.data.cast("B"), ends_s)
        return found

    def _read(self, length: int, ends_s: float) -> bytes:
        found = bytearray(length)
        self._read_into(memoryview(found), ends_s)
        return bytes(found)

    def _read_into(self, view: memoryview, ends_s: float) -> None:
        while view:
            self._socket.settimeout(max(ends_s - time.monotonic(), 1e-3))
            n = self._socket.recv_into(view)
            if n == 0:
                raise ConnectionResetError
            view = view[n:]

    def _refused(self, reason: str) -> MortarError:
        reason = COLOUR.sub("", reason) or self._last_words()
        do = next((do for pattern, do in REMEDIES if re.search(pattern, reason)), AGAIN)
        return MortarError("toolkit-refused", f"rknn-toolkit2 refused ({reason})", do)

    def _last_words(self) -> str:
        lines = self.log().splitlines()
        errors = [line for line in lines if line.startswith("E ")]
        return (errors or lines or ["without a word"])[-1].strip()

    def _log_size(self) -> int:
        return os.fstat(self._log.fileno()).st_size

    def _kill(self) -> None:
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)

    def _forget(self) -> None:
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _described(given: Pixels | Floats) -> dict[str, object]:
    return {"dtype": given.dtype.name, "shape": given.shape}
