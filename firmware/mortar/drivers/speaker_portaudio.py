"""A sound card through PortAudio."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterator
from typing import Any

import numpy as np

from mortar.clock import now_ms
from mortar.drivers import echo
from mortar.drivers.conversion import Converter, Frames
from mortar.drivers.flow import Flow
from mortar.drivers.portaudio import find_device, plainly, portaudio, reaches_server, through_server
from mortar.drivers.server_devices import echo_sink_is_there, server_speaker
from mortar.drivers.sound_files import Samples
from mortar.errors import MortarError
from mortar.settings import Speaker

BLOCK_ms = 20
"""PortAudio calls back this often: the smallest it offers costs ten times the calls."""

LATENCY_ms = 100
"""Sound that the card holds. With 40 ms PulseAudio's ALSA plug-in was seen to stop calling back."""


class PortAudioSpeaker:
    """Built and used in the asyncio loop; PortAudio calls back in a thread of its own, which only
    takes samples and passes word on.
    """

    def __init__(self, settings: Speaker, rate_Hz: int) -> None:
        self._settings = settings
        self._rate_Hz = rate_Hz
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Samples] = deque()
        self._complete = False
        self._on_first: Callable[[float], None] | None = None
        self._silent = asyncio.Event()
        self._taken = 0
        self.under_runs = 0
        """Blocks that came too late for the card."""
        self.is_held = False
        """What the card holds already still sounds: 0.1 s."""
        self._open()

    @property
    def name(self) -> str:
        return f"{self._device.name} ({self._device.rate_Hz} Hz)"

    def begin_turn(self, turn: int) -> None:
        pass

    async def play(self, sound: AsyncIterable[Samples], on_first: Callable[[float], None]) -> None:
        self._waiting.clear()
        self._complete = False
        self._on_first = on_first
        self._silent = asyncio.Event()
        converter: Converter | None = None
        if self._is_on_server and self._device.name != echo.SINK and echo_sink_is_there():
            self._stream.close()  # the microphone came, or came back, after us
            self._open()
        try:
            async for samples in sound:
                frames = samples[:, np.newaxis]
                if converter is None:
                    converter = self._begun(frames)
                else:
                    self._waiting.append(converter.convert(frames))
            if converter is not None:
                self._waiting.append(converter.convert(np.empty((0, 1), np.int16), last=True))
                # What the card still holds is thrown away at the end on some hosts: let it be silence.
                n_held = self._device.rate_Hz * (LATENCY_ms + BLOCK_ms) // 1_000
                self._waiting.append(np.zeros(n_held, np.int16))
                self._complete = True
                await self._until_silent()
        finally:
            self._on_first = None
            with self._explained():
                self._stream.abort()

    def close(self) -> None:
        self._stream.close()

    def _open(self) -> None:
        self._portaudio = portaudio()
        with self._explained():
            on_server = server_speaker(self._settings) if reaches_server(self._portaudio) else None
            self._is_on_server = on_server is not None
            if on_server is not None:
                self._device = through_server(self._portaudio, on_server.name, on_server.rate_Hz)
            else:
                self._device = find_device(self._portaudio, self._settings.device, "output")
            device = self._device
            self._stream = self._portaudio.OutputStream(
                samplerate=device.rate_Hz,
                device=device.index,
                channels=device.n_channels,
                dtype="int16",
                blocksize=device.rate_Hz * BLOCK_ms // 1_000,
                latency=LATENCY_ms / 1_000,
                callback=self._fill,
                finished_callback=self._finished,
            )

    def _begun(self, frames: Frames) -> Converter:
        """Start with these; a card that was plugged anew since it last played is opened anew."""
        try:
            return self._started(frames)
        except self._portaudio.PortAudioError:
            self._waiting.clear()
            self._stream.close()
            self._open()
            with self._explained():
                return self._started(frames)

    def _started(self, frames: Frames) -> Converter:
        converter = Converter(self._rate_Hz, self._device.rate_Hz)
        self._waiting.append(converter.convert(frames))
        self._stream.start()
        return converter

    async def _until_silent(self) -> None:
        flow = Flow(self._device.rate_Hz, now_ms())
        taken = self._taken
        while not self._silent.is_set():
            try:
                async with asyncio.timeout(max(0.0, flow.due_ms - now_ms()) / 1e3):
                    await self._silent.wait()
            except TimeoutError:
                flow.add(self._taken - taken)
                taken = self._taken
                if flow.is_stuck(now_ms()):
                    raise _gone(f"{self._device.name} stopped playing") from None
        if self._waiting:
            raise _gone(f"{self._device.name} was removed")

    def _fill(self, out: Frames, frames: int, when: Any, status: Any) -> None:
        """In PortAudio's thread: `out` is int16 [frames, channels]."""
        self._taken += frames
        if self.is_held:
            out[:] = 0
            return
        filled = 0
        with contextlib.suppress(IndexError):  # nothing is waiting
            while filled < frames:
                samples = self._waiting.popleft()
                taken = min(len(samples), frames - filled)
                out[filled : filled + taken] = samples[:taken, np.newaxis]
                filled += taken
                if taken < len(samples):
                    self._waiting.appendleft(samples[taken:])
        out[filled:] = 0
        self.under_runs += status.output_underflow
        on_first = self._on_first
        if filled and on_first is not None:
            self._on_first = None
            # Some hosts give no times: then the difference is 0 or nonsense below it.
            ahead_ms = max(0.0, (when.outputBufferDacTime - when.currentTime) * 1_000)
            self._loop.call_soon_threadsafe(on_first, now_ms() + ahead_ms)
        if self._complete and filled < frames:
            raise self._portaudio.CallbackStop

    def _finished(self) -> None:
        """In PortAudio's thread: the last sample has been played, or the card has gone."""
        self._loop.call_soon_threadsafe(self._silent.set)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (self._portaudio.PortAudioError, LookupError, ValueError) as error:
            raise _gone(f"{self._settings.device}: {plainly(error)}") from None


def _gone(why: str) -> MortarError:
    return MortarError(
        "speaker-missing",
        f"the speaker cannot be played on ({why})",
        "connect one, or set speaker.device to a name that `mortar doctor` lists, or to none",
    )
