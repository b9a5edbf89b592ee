"""A microphone that another program plays, through a named pipe: raw int16 mono at 16 kHz."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

from mortar.clock import now_ms
from mortar.drivers.microphone_live import MicrophoneGone
from mortar.drivers.microphone_played import BLOCK, BLOCK_ms
from mortar.drivers.recordings import Samples


class PipedMicrophone:
    """Sound comes as fast as it is written: time is the writer's. While nobody has the pipe open, there is
    no microphone.

    `fast` is for writers who don't wait for an answer: what they write is left in the pipe until it is given.
    """

    is_over = False
    lost_blocks = 0

    def __init__(self, path: Path, *, fast: bool) -> None:
        self._path = path
        self._fast = fast
        self._going = asyncio.Event()
        self._going.set()
        self.name = f"pipe {path}"
        self.opened_ms = now_ms()

    async def blocks(self) -> AsyncIterator[Samples]:
        """Raises MicrophoneGone when the writer has closed the pipe; called again, it waits for the next."""
        reader = asyncio.StreamReader()
        # Opened without waiting for a writer; epoll tells of one once it has written.
        pipe = os.fdopen(os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", 0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        is_open = False
        try:
            while True:
                await self._going.wait()
                block = await reader.readexactly(2 * BLOCK)
                if not is_open:
                    is_open, self.opened_ms = True, now_ms() - BLOCK_ms
                yield np.frombuffer(block, np.int16)
        except asyncio.IncompleteReadError:
            raise MicrophoneGone(f"nobody writes into {self._path} any more") from None
        finally:
            transport.close()

    def begin_turn(self) -> None: ...

    def hold(self) -> None:
        if self._fast:
            self._going.clear()

    def end_turn(self) -> None:
        self._going.set()

    def close(self) -> None: ...
