"""A microphone that can go away and come back, whichever way its sound is captured."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from mortar.clock import now_ms
from mortar.drivers.conversion import Blocks, Converter, Frames
from mortar.drivers.flow import Flow, Retries
from mortar.drivers.microphone_played import BLOCK
from mortar.drivers.recordings import RATE_Hz, Samples
from mortar.errors import MortarError

LONGEST_BACKLOG = 128
"""Blocks of the card's own size that wait; older ones are lost, and counted."""

OPEN_S = 20.0
"""Opening that takes longer hangs in a driver, and only a new process helps."""


class MicrophoneGone(MortarError):
    """There is no microphone at present; `LiveMicrophone.blocks` looks for it again."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "microphone-missing",
            f"the microphone does not work ({why})",
            "connect one, or set microphone.device to a name that `mortar doctor` lists, or to none",
        )


class Inbox:
    """Sound on its way from the thread or process that captures it to the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._waiting: deque[Frames] = deque(maxlen=LONGEST_BACKLOG)
        self._fault: str | None = None
        self.lost_blocks = 0
        """Blocks that the device or this process was too slow for."""

    def put(self, frames: Frames, *, after_a_gap: bool = False) -> None:
        """From any thread; `frames` is int16 [n, channels] and stays as it is."""
        self.lost_blocks += after_a_gap + (len(self._waiting) == LONGEST_BACKLOG)
        self._waiting.append(frames)
        self._wake()

    def fail(self, why: str) -> None:
        """From any thread: no more sound will come."""
        self._fault = why
        self._wake()

    def clear(self) -> None:
        self._waiting.clear()
        self._fault = None

    async def get(self) -> Frames:
        """Raises MicrophoneGone once what came before `fail` is taken."""
        while not self._waiting:
            if self._fault is not None:
                raise MicrophoneGone(self._fault)
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            self._loop.call_soon_threadsafe(self._arrived.set)


class Capture(Protocol):
    """An open device. It puts its sound into the inbox that it was made with."""

    name: str
    """Of the device, for people."""
    rate_Hz: int

    @property
    def cancels_echo(self) -> bool:
        """Whether the sound comes without that of our own speaker."""

    async def until_removed(self) -> None:
        """Return when the device is known to have been removed; for ever where nothing would say so."""

    def close(self) -> None: ...


class LiveMicrophone:
    """`open_capture` is called in a thread, each time that the device is looked for."""

    is_over = False

    def __init__(self, open_capture: Callable[[Inbox], Capture]) -> None:
        self._open_capture = open_capture
        self._inbox = Inbox()
        self._capture: Capture | None = None
        self._retries = Retries()
        self.opened_ms = now_ms()

    @property
    def lost_blocks(self) -> int:
        return self._inbox.lost_blocks

    @property
    def name(self) -> str:
        capture = self._capture
        if capture is None:
            return "none"
        without = "echo cancelled" if capture.cancels_echo else "no echo cancellation"
        return f"{capture.name} ({capture.rate_Hz} Hz, {without})"

    async def blocks(self) -> AsyncIterator[Samples]:
        """Raises MicrophoneGone; called again, it waits, each time longer, and looks again."""
        await asyncio.sleep(self._retries.next_ms() / 1e3)
        capture = await self._opened()
        removed = asyncio.create_task(self._tell_when_removed(capture))
        try:
            async for samples in self._flowing(capture):
                yield samples
        finally:
            removed.cancel()
            await asyncio.wait([removed])
            self.close()

    async def _flowing(self, capture: Capture) -> AsyncIterator[Samples]:
        converter, blocks = Converter(capture.rate_Hz, RATE_Hz), Blocks(BLOCK)
        flow = Flow(capture.rate_Hz, now_ms())
        while True:
            try:
                async with asyncio.timeout(max(0.0, flow.due_ms - now_ms()) / 1e3):
                    frames = await self._inbox.get()
            except TimeoutError:  # nothing waits: all that came is counted
                if flow.is_stuck(now_ms()):
                    raise MicrophoneGone(f"{capture.name} gives no sound any more") from None
                continue
            self._retries.succeeded()
            flow.add(len(frames))
            for block in blocks.add(converter.convert(frames)):
                yield block

    async def _opened(self) -> Capture:
        self._inbox.clear()
        opening = asyncio.create_task(asyncio.to_thread(self._open_capture, self._inbox))
        try:
            async with asyncio.timeout(OPEN_S):
                capture = await asyncio.shield(opening)
        except asyncio.CancelledError:
            # Nothing stops the thread: what it opens is closed at once, and it is over only then.
            await asyncio.wait([opening])
            if opening.exception() is None:
                opening.result().close()
            raise
        except TimeoutError:
            raise MortarError(
                "microphone-hangs",
                f"the microphone did not open within {OPEN_S:.0f} s",
                "restart the sound server, or the board",
            ) from None
        self._capture = capture
        self.opened_ms = now_ms()
        return capture

    async def _tell_when_removed(self, capture: Capture) -> None:
        await capture.until_removed()
        self._inbox.fail(f"{capture.name} was removed")

    def begin_turn(self) -> None: ...

    def hold(self) -> None:
        """Real time passes: sound goes on, and the wake word still interrupts."""

    def end_turn(self) -> None: ...

    def close(self) -> None:
        if self._capture is not None:
            held, self._capture = self._capture, None
            held.close()
