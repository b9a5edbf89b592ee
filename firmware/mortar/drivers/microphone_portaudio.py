"""A sound card's microphone through PortAudio."""

from __future__ import annotations

import asyncio
from typing import Any

from mortar.drivers.conversion import Frames
from mortar.drivers.microphone_live import Inbox, MicrophoneGone
from mortar.drivers.portaudio import find_device, plainly, portaudio, reaches_server, through_server
from mortar.drivers.server_devices import server_microphone
from mortar.drivers.sound_server import SoundServerFailed
from mortar.settings import Microphone, Speaker

BLOCK_ms = 32
"""Given no size, PortAudio takes what the sound server likes: 1 s at a time."""


class PortAudioCapture:
    """Calls back in a thread of PortAudio's own, which only copies and passes on.

    `speaker` is what echo cancellation takes out. Raises MicrophoneGone.
    """

    def __init__(self, settings: Microphone, speaker: Speaker, inbox: Inbox) -> None:
        self._inbox = inbox
        module = portaudio()
        try:
            self._on_server = server_microphone(settings, speaker) if reaches_server(module) else None
            if self._on_server is not None:
                device = through_server(module, self._on_server.name, self._on_server.endpoint.rate_Hz)
            else:
                device = find_device(module, settings.device, "input")
            self.name, self.rate_Hz = device.name, device.rate_Hz
            self._stream = module.InputStream(
                samplerate=device.rate_Hz,
                device=device.index,
                channels=device.n_channels,
                dtype="int16",
                blocksize=device.rate_Hz * BLOCK_ms // 1_000,
                latency=2 * BLOCK_ms / 1_000,
                callback=self._take,
                finished_callback=self._finished,
            )
            self._stream.start()
        except (module.PortAudioError, SoundServerFailed, LookupError, ValueError) as error:
            raise MicrophoneGone(f"{settings.device}: {plainly(error)}") from None

    @property
    def cancels_echo(self) -> bool:
        return self._on_server is not None and self._on_server.cancels_echo

    async def until_removed(self) -> None:
        if self._on_server is not None:
            await self._on_server.until_removed()
        else:
            await asyncio.Event().wait()  # the stream will end, or stand still

    def close(self) -> None:
        self._stream.close()
        if self._on_server is not None:
            self._on_server.close()

    def _take(self, sound: Frames, frames: int, when: Any, status: Any) -> None:
        """In PortAudio's thread: `sound` is int16 [frames, channels], and only ours during this call."""
        self._inbox.put(sound.copy(), after_a_gap=status.input_overflow)

    def _finished(self) -> None:
        """In PortAudio's thread: the stream has ended, because of us or by itself."""
        self._inbox.fail(f"{self.name} was removed")
