"""The speaker, as the voice brick sees it, and which kind of speaker a run has."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable
from pathlib import Path
from typing import Protocol

from mortar.drivers.sound_files import Output, RawFile, Samples, WavFile, WavFolder
from mortar.drivers.speaker_paced import PacedSpeaker
from mortar.drivers.speaker_portaudio import PortAudioSpeaker
from mortar.errors import UsageError
from mortar.settings import RunOptions
from mortar.settings import Speaker as SpeakerSettings


class Speaker(Protocol):
    @property
    def name(self) -> str:
        """What is played on, for people."""

    under_runs: int
    """Blocks of sound that came too late for the device."""
    is_held: bool
    """While set, it is silent and plays nothing of what it has; then it plays on from there."""

    async def play(self, sound: AsyncIterable[Samples], on_first: Callable[[float], None]) -> None:
        """Play int16 mono until `sound` ends and its last sample has been heard.

        `on_first` is given the time (clock ms) at which the first sample is heard. Cancelling
        silences within a block of 20 ms. Raises MortarError where the speaker fails.
        """

    def begin_turn(self, turn: int) -> None:
        """What is played from now on belongs to `turn`."""

    def close(self) -> None:
        """Give the speaker back; a file is whole from then on. Raises MortarError if it cannot be."""


def open_speaker(settings: SpeakerSettings, run: RunOptions, rate_Hz: int) -> Speaker:
    """The speaker of this run, playing at `rate_Hz`: a file or folder, or else a device.

    Raises MortarError where it cannot be opened.
    """
    if run.speaker is not None:
        return PacedSpeaker(_output(Path(run.speaker), rate_Hz), rate_Hz, fast=run.fast)
    if settings.device == "none":
        return PacedSpeaker(None, rate_Hz, fast=run.fast)
    return PortAudioSpeaker(settings, rate_Hz)


def _output(path: Path, rate_Hz: int) -> Output:
    match path.suffix.lower():
        case ".wav":
            return WavFile(path, rate_Hz)
        case ".raw" | ".pcm":
            return RawFile(path)
        case "":
            return WavFolder(path, rate_Hz)
        case other:
            raise UsageError(
                "speaker-kind",
                f"{path}: sound cannot be written as {other}",
                "name a .wav, .raw or .pcm file, or a folder that gets one WAV file a turn",
            )
