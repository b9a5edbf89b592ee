"""A sound card's microphone through PortAudio."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import soxr

from mortar.clock import now_ms
from mortar.drivers.microphone_played import BLOCK
from mortar.drivers.recordings import RATE_Hz, Samples
from mortar.drivers.speaker_portaudio import portaudio
from mortar.errors import MortarError

STALL_s = 3.0
"""A card that has given no sound for this long has gone."""

LONGEST_BACKLOG = 128
"""Blocks of the card's own size that wait; older ones are lost, and counted."""


class PortAudioMicrophone:
    """`device` is a name or a part of one; None is the system's default.

    PortAudio calls back in a thread of its own, which only copies and passes word on.
    """

    is_over = False

    def __init__(self, device: str | None) -> None:
        self._portaudio = portaudio()
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._backlog: deque[Samples] = deque(maxlen=LONGEST_BACKLOG)
        self.lost_blocks = 0
        try:
            rate_Hz = int(self._portaudio.query_devices(device, "input")["default_samplerate"])
            self._stream = self._portaudio.InputStream(
                samplerate=rate_Hz, device=device, channels=1, dtype="int16", callback=self._take
            )
            self._stream.start()
        except (self._portaudio.PortAudioError, ValueError) as error:
            raise _gone(f"{device or 'the default one'}: {' '.join(str(error).split())}") from None
        self._resampler = soxr.ResampleStream(rate_Hz, RATE_Hz, 1, dtype="int16")
        self.opened_ms = now_ms()

    async def blocks(self) -> AsyncIterator[Samples]:
        held = np.empty(0, np.int16)
        while True:
            try:
                await asyncio.wait_for(self._arrived.wait(), STALL_s)
            except TimeoutError:
                raise _gone("it gives no sound any more") from None
            self._arrived.clear()
            while self._backlog:
                held = np.concatenate([held, self._resampler.resample_chunk(self._backlog.popleft())])
            whole = len(held) // BLOCK * BLOCK
            for first in range(0, whole, BLOCK):
                yield held[first : first + BLOCK]
            held = held[whole:]

    def begin_turn(self) -> None: ...

    def hold(self) -> None:
        """Real time passes: sound goes on, and the wake word still interrupts."""

    def end_turn(self) -> None: ...

    def close(self) -> None:
        self._stream.close()

    def _take(self, sound: Samples, frames: int, when: Any, status: object) -> None:
        """In PortAudio's thread: `sound` is int16 [frames, 1], and only ours during this call."""
        if len(self._backlog) == LONGEST_BACKLOG:
            self.lost_blocks += 1
        self._backlog.append(sound[:, 0].copy())
        self._loop.call_soon_threadsafe(self._arrived.set)


def _gone(why: str) -> MortarError:
    return MortarError(
        "microphone-missing",
        f"the microphone does not work ({why})",
        "connect one, or set microphone.device to a name that `mortar doctor` lists, or to none",
    )
