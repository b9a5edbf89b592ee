"""The one piece of work that runs, and for which turn: what there is to be stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from mortar.runtimes.interfaces import Interrupted
from mortar.worker import Worker

P = ParamSpec("P")
T = TypeVar("T")


class Jobs:
    """Belongs to the event loop, all but `should_stop`."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._stop = threading.Event()
        """Set to end the job that runs; cleared as the next begins."""
        self._waits: asyncio.Task[Any] | None = None
        self.turn: int | None = None
        """The turn that the running job is for."""

    def should_stop(self) -> bool:
        """Engines ask this while they work."""
        return self._stop.is_set() or self._worker.aborted.is_set()

    @property
    def is_stopped(self) -> bool:
        """Whether the job that ran last was told to end."""
        return self._stop.is_set()

    @property
    def is_late(self) -> bool:
        """Whether it took longer than it may."""
        return self._worker.aborted.is_set()

    def stop(self) -> None:
        """End what runs: an engine within a token, a wait for somebody else at once."""
        self._stop.set()
        if self._waits is not None:
            self._waits.cancel()

    async def run(
        self, what: str, turn: int | None, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """In the worker's thread. Raises what `work` does."""
        self._stop.clear()
        self.turn = turn
        deadline_ms = self._worker.settings.language.deadline_ms
        try:
            return await self._worker.job(what, deadline_ms, work, *args, **kwargs)
        finally:
            self.turn = None

    async def wait(self, turn: int, work: Coroutine[Any, Any, T]) -> T:
        """For somebody else's work, which has bounds of its own. Raises Interrupted where it is stopped."""
        self._stop.clear()
        self.turn = turn
        waits = asyncio.create_task(work)
        self._waits = waits
        try:
            return await waits
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise  # the process is to end
            raise Interrupted from None
        finally:
            waits.cancel()
            self._waits, self.turn = None, None
