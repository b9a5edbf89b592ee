"""A sound card through PortAudio."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterator
from types import ModuleType
from typing import Any

from mortar.clock import now_ms
from mortar.drivers.sound_files import Samples
from mortar.errors import MortarError

BLOCK_ms = 20
"""PortAudio calls back this often: the smallest it offers costs ten times the calls."""

STALL_s = 3.0
"""A card that has not played the sound this long after its due end has gone."""


class PortAudioSpeaker:
    """`device` is a name or a part of one; None is the system's default.

    Built and used in the asyncio loop; PortAudio calls back in a thread of its own, which only
    takes samples and passes word on.
    """

    def __init__(self, device: str | None, rate_Hz: int) -> None:
        self._portaudio = portaudio()
        self._rate_Hz = rate_Hz
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Samples] = deque()
        self._complete = False
        self._on_first: Callable[[float], None] | None = None
        self._silent = asyncio.Event()
        with self._explained(device):
            self._stream = self._portaudio.OutputStream(
                samplerate=rate_Hz,
                device=device,
                channels=1,
                dtype="int16",
                blocksize=rate_Hz * BLOCK_ms // 1_000,
                callback=self._fill,
                finished_callback=self._finished,
            )

    def begin_turn(self, turn: int) -> None:
        pass

    async def play(self, sound: AsyncIterable[Samples], on_first: Callable[[float], None]) -> None:
        self._waiting.clear()
        self._complete = False
        self._on_first = on_first
        self._silent = asyncio.Event()
        n_samples = 0
        try:
            async for samples in sound:
                self._waiting.append(samples)
                n_samples += len(samples)
                if self._stream.stopped:
                    with self._explained():
                        self._stream.start()
            self._complete = True
            if n_samples:
                async with asyncio.timeout(n_samples / self._rate_Hz + STALL_s):
                    await self._silent.wait()
        except TimeoutError:
            raise _gone("it stopped playing") from None
        finally:
            self._on_first = None
            with self._explained():
                self._stream.abort()

    def close(self) -> None:
        self._stream.close()

    def _fill(self, out: Samples, frames: int, when: Any, status: object) -> None:
        """In PortAudio's thread: `out` is int16 [frames, 1]."""
        filled = 0
        with contextlib.suppress(IndexError):  # nothing is waiting
            while filled < frames:
                samples = self._waiting.popleft()
                taken = min(len(samples), frames - filled)
                out[filled : filled + taken, 0] = samples[:taken]
                filled += taken
                if taken < len(samples):
                    self._waiting.appendleft(samples[taken:])
        out[filled:] = 0
        on_first = self._on_first
        if filled and on_first is not None:
            self._on_first = None
            # Some hosts give no times: then the difference is 0 or nonsense below it.
            ahead_ms = max(0.0, (when.outputBufferDacTime - when.currentTime) * 1_000)
            self._loop.call_soon_threadsafe(on_first, now_ms() + ahead_ms)
        if self._complete and filled < frames:
            raise self._portaudio.CallbackStop

    def _finished(self) -> None:
        """In PortAudio's thread: the last sample has been played."""
        self._loop.call_soon_threadsafe(self._silent.set)

    @contextlib.contextmanager
    def _explained(self, device: str | None = None) -> Iterator[None]:
        try:
            yield
        except (self._portaudio.PortAudioError, ValueError) as error:
            raise _gone(f"{device or 'the default'}: {error}") from None


def portaudio() -> ModuleType:
    """The sounddevice module, with the devices that are there now.

    PortAudio fixes its list of devices when it starts, so it is started again each time.
    """
    try:
        import sounddevice
    except OSError:
        raise MortarError(
            "portaudio-missing", "PortAudio is not installed", "run: sudo apt install libportaudio2"
        ) from None
    module: ModuleType = sounddevice
    module._terminate()
    module._initialize()
    return module


def _gone(why: str) -> MortarError:
    return MortarError(
        "speaker-missing",
        f"the speaker cannot be played on ({' '.join(why.split())})",
        "connect one, or set speaker.device to a name that `mortar doctor` lists, or to none",
    )
