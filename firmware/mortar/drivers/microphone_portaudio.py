"""A sound card's microphone through PortAudio."""

from __future__ import annotations

import asyncio
from typing import Any

from mortar.drivers.conversion import Frames
from mortar.drivers.microphone_live import Inbox, MicrophoneGone
from mortar.drivers.portaudio import input_device, portaudio
from mortar.drivers.sound_server import sound_server

BLOCK_ms = 32
"""Given no size, PortAudio takes what the sound server likes: 1 s at a time."""


class PortAudioCapture:
    """Calls back in a thread of PortAudio's own, which only copies and passes on.

    `wanted` is a name or a part of one; None is the system's default. Raises MicrophoneGone.
    """

    def __init__(self, wanted: str | None, inbox: Inbox) -> None:
        self._wanted = wanted
        self._inbox = inbox
        module = portaudio()
        try:
            self._device = device = input_device(module, wanted)
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
        except (module.PortAudioError, LookupError, ValueError) as error:
            raise MicrophoneGone(f"{wanted or 'the default one'}: {' '.join(str(error).split())}") from None

    async def until_removed(self) -> None:
        """The sound server hands us the echo of a speaker when the last microphone goes."""
        server = sound_server() if self._device.endpoint is not None else None
        if server is None:
            await asyncio.Event().wait()
            return
        name = self._device.name if self._wanted is not None else ""

        def is_there() -> bool:
            sources = [source for source in server.sources() if source.is_real]
            return any(name in ("", source.name) for source in sources)

        await server.while_there(is_there)

    def close(self) -> None:
        self._stream.close()

    def _take(self, sound: Frames, frames: int, when: Any, status: Any) -> None:
        """In PortAudio's thread: `sound` is int16 [frames, channels], and only ours during this call."""
        self._inbox.put(sound.copy(), after_a_gap=status.input_overflow)

    def _finished(self) -> None:
        """In PortAudio's thread: the stream has ended, because of us or by itself."""
        self._inbox.fail(f"{self.name} was removed")
