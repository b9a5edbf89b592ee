"""A speaker that takes as long as the sound lasts and plays into a file, or into nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable

from mortar.clock import now_ms
from mortar.drivers.sound_files import Output, Samples

BLOCK_ms = 20


class PacedSpeaker:
    """`output` None discards; `fast` does not wait for the sound to last."""

    def __init__(self, output: Output | None, rate_Hz: int, *, fast: bool) -> None:
        self._output = output
        self._rate_Hz = rate_Hz
        self._fast = fast
        self.name = "file" if output is not None else "none"
        self.under_runs = 0
        self._goes_on = asyncio.Event()
        self._goes_on.set()

    @property
    def is_held(self) -> bool:
        return not self._goes_on.is_set()

    @is_held.setter
    def is_held(self, is_held: bool) -> None:
        if is_held:
            self._goes_on.clear()
        else:
            self._goes_on.set()

    def begin_turn(self, turn: int) -> None:
        if self._output is not None:
            self._output.begin_turn(turn)

    async def play(self, sound: AsyncIterable[Samples], on_first: Callable[[float], None]) -> None:
        block = self._rate_Hz * BLOCK_ms // 1_000
        began = False
        due_ms = 0.0
        async for samples in sound:
            for first in range(0, len(samples), block):
                piece = samples[first : first + block]
                await self._goes_on.wait()
                if due_ms < now_ms() - BLOCK_ms:
                    due_ms = now_ms()  # the first block, or the sound came too late
                if not began:
                    began = True
                    on_first(due_ms)
                if self._output is not None:
                    self._output.write(piece)
                due_ms += len(piece) * 1_000 / self._rate_Hz
                await asyncio.sleep(0 if self._fast else (due_ms - now_ms()) / 1_000)

    def close(self) -> None:
        if self._output is not None:
            self._output.close()
