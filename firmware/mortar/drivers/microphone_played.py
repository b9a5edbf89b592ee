"""A microphone that recordings play: paced in real time, or as fast as they are taken."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np

from mortar.clock import now_ms
from mortar.drivers.recordings import RATE_Hz, Samples, load

BLOCK = 512
"""Samples: 32 ms, one decision of the speech detector."""

BLOCK_ms = BLOCK * 1_000 / RATE_Hz

QUIET_LEVEL = 4
"""RMS of the room behind a recording, of 32,767. Digital silence is nothing that a room sounds
like, and recognisers and detectors behave oddly on it."""

TAIL_ms = 1_000
"""A recording is over this long after its last sample: the wake word is known only a little later."""


class PlayedMicrophone:
    """Plays each recording once, the next when a turn has ended; then, and with none, a quiet room.

    Raises what `recordings.load` does: for the first recording here, for others when they are due.
    """

    def __init__(self, paths: Sequence[Path], *, fast: bool) -> None:
        self._waiting = deque(paths)
        self._plays = bool(paths)
        self._fast = fast
        self._in_turn = False
        self._going = asyncio.Event()
        self._going.set()
        self._room = np.random.default_rng(0)
        self._sound = self._next_recording() if self._waiting else self._quiet(0)
        self._at = 0
        self.opened_ms = now_ms()
        self.lost_blocks = 0
        self.name = "recordings" if paths else "none"

    @property
    def is_over(self) -> bool:
        return self._plays and not self._waiting and self._at >= len(self._sound)

    async def blocks(self) -> AsyncIterator[Samples]:
        self.opened_ms = due_ms = now_ms()
        while True:
            await self._going.wait()
            due_ms += BLOCK_ms
            await asyncio.sleep(0 if self._fast else (due_ms - now_ms()) / 1e3)
            yield self._next_block()

    def begin_turn(self) -> None:
        self._in_turn = True

    def hold(self) -> None:
        if self._fast:
            self._going.clear()

    def end_turn(self) -> None:
        """What is left of this recording plays on, then the next one."""
        self._in_turn = False
        self._going.set()

    def close(self) -> None:
        self._waiting.clear()

    def _next_block(self) -> Samples:
        if self._at >= len(self._sound) and self._waiting and not self._in_turn:
            self._sound, self._at = self._next_recording(), 0
        block = self._sound[self._at : self._at + BLOCK]
        self._at += BLOCK
        if len(block) < BLOCK:
            block = np.concatenate([block, self._quiet(BLOCK - len(block))])
        return block

    def _next_recording(self) -> Samples:
        sound = load(self._waiting.popleft())
        return np.concatenate([sound, self._quiet(TAIL_ms * RATE_Hz // 1_000)])

    def _quiet(self, n_samples: int) -> Samples:
        return self._room.normal(0, QUIET_LEVEL, n_samples).astype(np.int16)
