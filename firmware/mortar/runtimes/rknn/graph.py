"""The eye's proxy for a compiled model that another process runs on the NPU."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mortar.clock import now_ms
from mortar.rings import dma, memory
from mortar.runtimes.interfaces import Floats, Pixels, UnitFailed, VisionGraph
from mortar.runtimes.rknn.errors import last_words
from mortar.runtimes.rknn.process import ChildProcess, Confirm, Ended, Overdue, has_ended
from mortar.runtimes.rknn.protocol import Attach, Done, Failed, Load, Loaded, Message, Run

EXIT_GRACE_s = 1.0
"""For the process to give back what the NPU holds for it."""

KILL_GRACE_s = 5.0
"""What SIGKILL has not ended after this hangs in the kernel, and will until the board is started again."""

SPARE_AGAIN_AFTER = 1_000
"""Pictures in a row without a fault, after which a process that dies is replaced once more."""


@dataclass(frozen=True)
class Shape:
    """Of a graph's input or output."""

    type: str
    """ "uint8" or "float32"."""
    dims: tuple[int, ...]

    @property
    def size(self) -> int:
        """In bytes."""
        return int(np.prod(self.dims)) * np.dtype(self.type).itemsize


@dataclass(frozen=True)
class Bounds:
    """How long things may take."""

    load_ms: float
    run_ms: float
    """One run, with the time to start a process anew where it dies."""
    wait_ms: float = 2_000
    """For others who use the unit."""


class _Scratch:
    """Shared memory of the graph's own, as large as one tensor."""

    def __init__(self, name: str, shape: Shape) -> None:
        self.descriptor, mapping = memory.create(name, shape.size, is_for_devices=True, is_sealed=False)
        self._is_dma = dma.is_dma(self.descriptor)
        self.array: npt.NDArray[Any] = np.frombuffer(mapping, shape.type).reshape(shape.dims)
        self.may_bind = dma.located(self.array.ctypes.data, self.array.nbytes) is not None

    def close(self) -> None:
        """The memory goes once the other process has let go of it too."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            del self.array

    def access(self, flags: int) -> AbstractContextManager[None]:
        return dma.cpu_access(self.descriptor, flags) if self._is_dma else nullcontext()


GIVEN, OUT = -1, -2
"""Numbers of the graph's own memory; those of DMA-BUFs elsewhere begin at 1."""


class _Broken(Exception):
    """The process is no more, but another may do better."""

    def __init__(self, failure: UnitFailed) -> None:
        super().__init__(failure)
        self.failure = failure


class RknnGraph(VisionGraph):
    """`run` is bounded whatever the driver does. A process that dies is replaced once, within the same run.

    Not for several threads at once.
    """

    def __init__(
        self,
        unit: str,
        command: Sequence[str],
        model: Path,
        given: Shape,
        out: Shape,
        bounds: Bounds,
        *,
        confirm: Confirm = has_ended,
    ) -> None:
        """`command` starts a process that serves `protocol`. Raises UnitFailed where it does not load."""
        self.unit = unit
        self.batch = given.dims[0]
        self.versions: dict[str, str] = {}
        """Of what it runs on: {"librknnrt": "2.5.0 (...)"}."""
        self.copies = 0
        """Of the last result, between the engine's own buffer and where it was wanted."""
        self._command = command
        self._load = (str(model), given.type, given.dims, out.dims)
        self._bounds = bounds
        self._confirm = confirm
        self._given = _Scratch("mortar-given", given)
        self._out = _Scratch("mortar-out", out)
        self._spare = 1
        self._good = 0
        self._child: ChildProcess | None = None
        self._attached: set[int] = set()
        try:
            self._start(bounds.load_ms)
        except UnitFailed:
            self.close()
            raise
        except _Broken as broken:
            self.close()
            raise broken.failure from None

    def run(self, given: Pixels | Floats, out: Floats) -> None:
        if given.shape != self._given.array.shape or out.shape != self._out.array.shape:
            raise ValueError(f"{given.shape} to {out.shape} are not the shapes of this graph")
        due_ms = now_ms() + self._bounds.run_ms
        with self._given.access(dma.SYNC_WRITE):
            np.copyto(self._given.array, given)
        while True:
            try:
                if self._child is None:
                    self._start(due_ms - now_ms())
                return self._run(out, due_ms - now_ms())
            except _Broken as broken:
                self._good = 0
                if self._spare == 0:
                    raise broken.failure from None
                self._spare -= 1

    def close(self) -> None:
        """Bounded. A process that cannot be ended is left to itself."""
        if self._child is not None:
            with suppress(UnitFailed):
                self._end(EXIT_GRACE_s)
        self._given.close()
        self._out.close()

    def _run(self, out: Floats, within_ms: float) -> None:
        """One attempt."""
        where, is_there = self._target(out)
        wait_ms = min(self._bounds.wait_ms, within_ms / 2)
        done = self._asked(Run((GIVEN, 0), where, wait_ms, within_ms - wait_ms), within_ms)
        assert isinstance(done, Done)
        self.copies = done.copies
        if not is_there:
            with self._out.access(dma.SYNC_READ):
                np.copyto(out, self._out.array)
            self.copies += 1
        self._good += 1
        if self._good >= SPARE_AGAIN_AFTER:
            self._spare, self._good = 1, 0

    def _target(self, out: Floats) -> tuple[tuple[int, int], bool]:
        """Memory and offset that the process is to write to, and whether that is `out` itself."""
        found = dma.located(out.ctypes.data, out.nbytes) if out.flags.c_contiguous else None
        if found is None:
            return (OUT, 0), False
        buffer, offset = found
        self._attach(buffer.number, buffer.descriptor, buffer.size, may_bind=True)
        return (buffer.number, offset), True

    def _start(self, within_ms: float) -> None:
        try:
            self._child = ChildProcess(self._command, self._confirm)
        except OSError as error:
            raise UnitFailed(
                "npu-process-missing",
                f"{self._command[0]}, which runs models on {self.unit}, cannot be started ({error.strerror})",
                "install Mortar again",
            ) from None
        self._attached = set()
        wait_ms = min(self._bounds.wait_ms, within_ms / 2)
        loaded = self._asked(Load(*self._load, wait_ms, within_ms - wait_ms), within_ms)
        assert isinstance(loaded, Loaded)
        self.versions = loaded.versions
        for number, scratch in ((GIVEN, self._given), (OUT, self._out)):
            self._attach(number, scratch.descriptor, scratch.array.nbytes, may_bind=scratch.may_bind)

    def _attach(self, number: int, descriptor: int, size: int, *, may_bind: bool) -> None:
        if number not in self._attached:
            self._tell(Attach(number, size, may_bind), descriptor)
            self._attached.add(number)

    def _tell(self, message: Message, descriptor: int) -> None:
        assert self._child is not None
        try:
            self._child.tell(message, [descriptor])
        except Ended:
            raise self._died() from None

    def _asked(self, message: Message, within_ms: float) -> Message:
        """Its answer; whatever else it says or does is raised: UnitFailed, or _Broken."""
        assert self._child is not None
        try:
            answer = self._child.ask(message, max(within_ms, 0))
        except Ended:
            raise self._died() from None
        except Overdue:
            raise self._overdue() from None
        if not isinstance(answer, Failed):
            return answer
        if answer.is_broken:
            self._end(EXIT_GRACE_s)
            raise _Broken(UnitFailed(answer.code, answer.what, answer.do))
        raise UnitFailed(answer.code, answer.what, answer.do)

    def _died(self) -> _Broken:
        assert self._child is not None
        said = last_words(self._child.last_words())
        how = self._child.how_it_ended()
        self._end(0.0)
        return _Broken(
            UnitFailed(
                "npu-process-ended",
                f"the process that runs models on {self.unit} {how} ({said or 'it said nothing'})",
                "see the log; docs/npu.md has more",
            )
        )

    def _overdue(self) -> UnitFailed:
        self._end(0.0)
        return UnitFailed(
            "npu-too-slow",
            f"{self.unit} did not answer in time, and its process was ended",
            "raise deadline_ms in [eye], or look into dmesg for the driver's reason",
        )

    def _end(self, grace_s: float) -> None:
        """Raises UnitFailed where not even SIGKILL ends it."""
        child, self._child = self._child, None
        assert child is not None
        if not child.end(grace_s, KILL_GRACE_s):
            raise UnitFailed(
                "npu-hangs",
                f"the driver of {self.unit} holds process {child.pid}, which cannot be ended",
                "start the board again",
                is_lost=True,
            )
