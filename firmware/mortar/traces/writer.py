"""Puts traces on the disk beside the conversation, which never waits for that and never fails by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from mortar.errors import MortarError
from mortar.messages import KeepPicture, KeepSound, Message
from mortar.settings import Tracing
from mortar.traces.folder import TraceFolder
from mortar.traces.recorder import Witnessed
from mortar.traces.trace import Trace, without_words

T = TypeVar("T")

MOST_WAITING = 4
"""Traces that wait for a disk that hangs; more are not kept."""

LAST_WAIT_S = 1.0
"""How long the last trace is waited for when the assistant ends."""


class Writer:
    """In the running asyncio loop. `complain` is told once what goes wrong, until it goes well again.

    Where the settings want sound or pictures, who holds them is asked through `send` once their trace has its
    number; a process that is not there has lost them.
    """

    def __init__(
        self,
        settings: Tracing,
        complain: Callable[[MortarError], None],
        folder: TraceFolder,
        send: Callable[[str, Message], bool],
    ) -> None:
        self._settings = settings
        self._complain = complain
        self._folder = folder
        self._send = send
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="traces")
        self._waiting: set[asyncio.Future[Any]] = set()
        self._is_well = True
        self._do(self._folder.prune, settings.runs)

    def keep(self, trace: Trace, witnessed: Witnessed) -> None:
        """Of a trace without words nothing else is kept either."""
        if self._settings.runs == 0:
            return
        if len(self._waiting) < MOST_WAITING and self._settings.text:
            kept = self._do(self._folder.keep, trace, self._settings.runs)
            kept.add_done_callback(partial(self._ask_for, witnessed))
        elif len(self._waiting) < MOST_WAITING:
            self._do(self._folder.keep, without_words(trace), self._settings.runs)
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

    def _ask_for(self, witnessed: Witnessed, kept: asyncio.Future[int]) -> None:
        if kept.cancelled() or kept.exception() is not None:
            return
        run = kept.result()
        if self._settings.sound and witnessed.utterance is not None:
            self._send("listen", KeepSound(witnessed.utterance, run))
        if self._settings.pictures and witnessed.look is not None:
            self._send("eye", KeepPicture(witnessed.look, run))

    def _do(self, work: Callable[..., T], *args: object) -> asyncio.Future[T]:
        done = asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
        self._waiting.add(done)
        done.add_done_callback(self._done)
        return done

    def _done(self, done: asyncio.Future[T]) -> None:
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
