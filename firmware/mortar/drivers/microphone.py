"""The microphone, as the ears see it, and which kind of microphone a run has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from mortar import settings
from mortar.drivers.microphone_alsa import AlsaCapture
from mortar.drivers.microphone_live import Capture, Inbox, LiveMicrophone
from mortar.drivers.microphone_piped import PipedMicrophone
from mortar.drivers.microphone_played import PlayedMicrophone
from mortar.drivers.microphone_portaudio import PortAudioCapture
from mortar.drivers.recordings import Samples, recordings
from mortar.settings import RunOptions, Settings


class Microphone(Protocol):
    opened_ms: float
    """Time (clock ms) of the first sample, where samples come at the speed of sound."""

    @property
    def lost_blocks(self) -> int:
        """Blocks that came faster than they were taken."""

    @property
    def name(self) -> str:
        """What plays the microphone, for people."""

    @property
    def is_over(self) -> bool:
        """A recording has ended, and none follows. A device is never over."""

    def blocks(self) -> AsyncIterator[Samples]:
        """int16 mono at 16 kHz, `BLOCK` samples at a time, without end.

        Raises MicrophoneGone where there is no microphone, or no more: called again, it waits a
        while and looks for it anew. Raises MortarError where that is of no use.
        """

    def begin_turn(self) -> None:
        """Somebody was heard: no further recording begins until `end_turn`."""

    def hold(self) -> None:
        """The question was heard: where no real time passes, sound stops until `end_turn`."""

    def end_turn(self) -> None: ...

    def close(self) -> None: ...


CAPTURES: dict[str, Callable[[settings.Microphone, settings.Speaker, Inbox], Capture]] = {
    "portaudio": PortAudioCapture,
    "alsa": AlsaCapture,
}


def open_microphone(configured: Settings, run: RunOptions) -> Microphone:
    """A named pipe, a recording or a folder of them, nothing, or a device, which may be missing for the
    time being.

    Raises MortarError where a recording cannot be opened.
    """
    if run.mic is not None:
        path = Path(run.mic)
        if path.is_fifo():
            return PipedMicrophone(path, fast=run.fast)
        return PlayedMicrophone(recordings(path), fast=run.fast)
    microphone = configured.microphone
    if microphone.device == "none":
        return PlayedMicrophone([], fast=False)
    return LiveMicrophone(partial(CAPTURES[microphone.driver], microphone, configured.speaker))
