"""Puts traces on the disk beside the conversation, which never waits for that and never fails by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from mortar.errors import MortarError
from mortar.settings import Tracing
from mortar.traces.folder import TraceFolder
from mortar.traces.trace import Trace, without_words

MOST_WAITING = 4
"""Traces that wait for a disk that hangs; more are not kept."""

LAST_WAIT_S = 1.0
"""How long the last trace is waited for when the assistant ends."""


class Writer:
    """In the running asyncio loop. `complain` is told once what goes wrong, until it goes well again."""

    def __init__(
        self, settings: Tracing, complain: Callable[[MortarError], None], folder: TraceFolder
    ) -> None:
        self._settings = settings
        self._complain = complain
        self._folder = folder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="traces")
        self._waiting: set[asyncio.Future[object]] = set()
        self._is_well = True
        self._do(self._folder.prune, settings.runs)

    def keep(self, trace: Trace) -> None:
        if self._settings.runs == 0:
            return
        if len(self._waiting) < MOST_WAITING:
            kept = trace if self._settings.text else without_words(trace)
            self._do(self._folder.keep, kept, self._settings.runs)
        else:
            self._failed(
                MortarError(
                    "trace-too-slow",
                    f"{MOST_WAITING} traces of runs wait for a disk that does not take them",
                    "look after the disk, or set runs = 0 in [trace]",
                )
            )

    async def close(self) -> None:
        """Wait for what is being written, but not for a disk that hangs."""
        self._thread.shutdown(wait=False)
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=LAST_WAIT_S)

    def _do(self, work: Callable[..., object], *args: object) -> None:
        done = asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
        self._waiting.add(done)
        done.add_done_callback(self._done)

    def _done(self, done: asyncio.Future[object]) -> None:
        self._waiting.discard(done)
        error = None if done.cancelled() else done.exception()
        if isinstance(error, MortarError):
            self._failed(error)
        elif error is not None:
            raise error
        else:
            self._is_well = True

    def _failed(self, error: MortarError) -> None:
        if self._is_well:
            self._complain(error)
        self._is_well = False
