"""The volume, where it belongs: in the mixer of the sound server or of the card, never in the samples."""

from __future__ import annotations

import re
import subprocess
from typing import Protocol

from mortar.drivers.server_devices import server_speaker
from mortar.drivers.sound_server import SoundServer
from mortar.errors import MortarError
from mortar.settings import Speaker

ANSWER_S = 3.0

CONTROLS = ("Master", "Speaker", "Headphone", "PCM", "Digital")
"""What cards call the volume of everything; the first that is there is used."""


class Mixer(Protocol):
    name: str
    """For people."""

    def volume_percent(self) -> int:
        """0..100; more where somebody has turned it up beyond. Raises MortarError where it fails."""

    def set_volume(self, percent: int) -> None:
        """0..100. Raises MortarError where it fails."""


class ServerMixer:
    """PulseAudio's or PipeWire's: the speaker's own volume where the card has one."""

    def __init__(self, server: SoundServer, sink: str) -> None:
        self.name = f"sound server, {sink}"
        self._server = server
        self._sink = sink

    def volume_percent(self) -> int:
        return self._server.volume_percent(self._sink)

    def set_volume(self, percent: int) -> None:
        self._server.set_volume(self._sink, percent)


class AlsaMixer:
    """A control of the default card, through `amixer` on the scale that ears hear (-M)."""

    def __init__(self, control: str) -> None:
        self.name = f"ALSA, {control}"
        self._control = control

    def volume_percent(self) -> int:
        return _percent(_amixer("sget", self._control))

    def set_volume(self, percent: int) -> None:
        _amixer("sset", self._control, f"{percent}%", "unmute")


def find_mixer(settings: Speaker) -> Mixer | None:
    """The sound server's where one runs, or the card's; None where there is neither."""
    try:
        speaker = server_speaker(settings)
    except LookupError:
        return None
    if speaker is not None:
        return ServerMixer(SoundServer(), speaker.name)
    try:
        controls = _controls(_amixer("scontrols"))
    except MortarError:
        return None
    return next((AlsaMixer(control) for control in CONTROLS if control in controls), None)


def turn_mixer(settings: Speaker, percent: int, *, is_step: bool, is_least: bool = False) -> int | None:
    """Turn it to `percent`, or by it, or only up to it; gives where it is then, or None where there is none.

    Muted is not quiet: whoever turns it wants to hear it.
    """
    mixer = find_mixer(settings)
    if mixer is None:
        return None
    held = mixer.volume_percent()
    wanted = held + percent if is_step else max(held, percent) if is_least else percent
    mixer.set_volume(min(max(wanted, 0), 100))
    return mixer.volume_percent()


def _controls(listed: str) -> list[str]:
    """From lines such as "Simple mixer control 'Master',0"."""
    return re.findall(r"^Simple mixer control '(.+)',0$", listed, re.MULTILINE)


def _percent(shown: str) -> int:
    """From lines such as "  Front Left: Playback 48 [75%] [-12.00dB] [on]"."""
    found = re.search(r"\[(\d+)%\]", shown)
    if found is None:
        raise _failed("the control has no volume")
    return int(found[1])


def _amixer(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["amixer", "-M", *arguments], capture_output=True, text=True, timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(str(error)) from None
    if done.returncode:
        raise _failed(" ".join(done.stderr.split()))
    return done.stdout


def _failed(why: str) -> MortarError:
    return MortarError("mixer-failed", f"the volume cannot be changed ({why})", "see `alsamixer`")
