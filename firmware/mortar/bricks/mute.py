"""Keeps the microphone as open as it may be. Nothing opens before the supervisor has said so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine


class Mute:
    """`hear` opens the microphone and hears without end; cancelled, it closes it. It runs in `tasks`."""

    def __init__(self, tasks: asyncio.TaskGroup, hear: Callable[[], Coroutine[None, None, None]]) -> None:
        self._tasks = tasks
        self._hear = hear
        self._hearing: asyncio.Task[None] | None = None

    async def obey(self, *, is_muted: bool) -> None:
        """Returns once it is so: muted, nothing is open any more."""
        if is_muted and self._hearing is not None:
            hearing, self._hearing = self._hearing, None
            hearing.cancel()
            await asyncio.wait([hearing])
        elif not is_muted and self._hearing is None:
            self._hearing = self._tasks.create_task(self._hear())
