"""What the engine reads, counted; and a gate before each of its decodes, that a test closes and opens."""

from __future__ import annotations

import asyncio
import threading


class Gate:
    """Before each decode of the engine; open until it is closed. Notes what was read: text, or rows."""

    def __init__(self) -> None:
        self.read: list[tuple[str, int]] = []
        """What, and how many tokens of it, one row a decode."""
        self._arrived = threading.Semaphore(0)
        self._open = threading.Event()
        self._open.set()

    @property
    def read_tok(self) -> int:
        return sum(n_tok for _, n_tok in self.read)

    def close(self) -> None:
        while self._arrived.acquire(blocking=False):
            pass  # those that passed before
        self.read.clear()
        self._open.clear()

    async def reached(self) -> None:
        """Until the engine stands before it."""
        await asyncio.get_running_loop().run_in_executor(None, self._arrived.acquire)

    def open(self) -> None:
        self._open.set()

    def passed(self, what: str, n_tok: int) -> None:
        self._arrived.release()
        self._open.wait()
        self.read.append((what, n_tok))
