"""What a trace may have beside it, where people want that: held for a while by whoever has it in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import Event, Scalar
from mortar.traces.folder import Beside, TraceFolder
from mortar.worker import Worker

T = TypeVar("T")

HELD = 2
"""A turn may end because the next one begins: then what is wanted of it is not the newest any more."""


class Keepsakes(Generic[T]):
    """Sounds or pictures, the newest few, by numbers that the assistant knows too. In a running asyncio loop.

    What is wanted is written in a thread of its own: the brick goes on with its work. Without `is_on` nothing
    is held.
    """

    def __init__(self, worker: Worker, beside: Beside, encode: Callable[[T], bytes], *, is_on: bool) -> None:
        self._worker = worker
        self._beside = beside
        self._encode = encode
        self._held: deque[tuple[int, T]] = deque(maxlen=HELD if is_on else 0)
        self._folder = TraceFolder()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keepsakes")

    def hold(self, number: int, thing: T) -> None:
        self._held.append((number, thing))

    def forget(self) -> None:
        """All that is held."""
        self._held.clear()

    def keep(self, number: int, run: int) -> None:
        """Write it beside the trace of `run`. Where it is not held any more, the trace stays without."""
        for held, thing in self._held:
            if held == number:
                loop = asyncio.get_running_loop()
                written = loop.run_in_executor(self._thread, self._write, run, thing)
                written.add_done_callback(partial(self._tell, run))

    def _write(self, run: int, thing: T) -> None:
        self._folder.attach(run, self._beside, self._encode(thing))

    def _tell(self, run: int, written: asyncio.Future[None]) -> None:
        error = None if written.cancelled() else written.exception()
        if isinstance(error, MortarError):
            self._worker.failed(error)
        elif error is not None:
            raise error
        else:
            told: dict[str, Scalar] = {"run": run, "what": self._beside.name.lower()}
            self._worker.tell_supervisor(Event("kept", now_ms(), told))
