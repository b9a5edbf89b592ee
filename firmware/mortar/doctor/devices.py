"""Microphone, speaker and camera: whether they are there, and whether this user may use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mortar.doctor.finding import Examined, Finding, Verdict, failed
from mortar.drivers.mixer import find_mixer
from mortar.drivers.npu import look
from mortar.drivers.probe import probe
from mortar.drivers.sound_server import sound_server
from mortar.errors import MortarError


class Group(NamedTuple):
    """A group of Debian's, and the device files that are its own."""

    name: str
    devices: str
    what: str
    is_of_chip: bool = False
    """Of an NPU or a GPU: it matters where there is an NPU, or where layers are placed on a GPU."""


GROUPS = (
    Group("audio", "dev/snd/pcm*", "microphone and speaker"),
    Group("video", "dev/video*", "camera"),
    Group("render", "dev/dri/renderD*", "NPU, GPU", is_of_chip=True),
    Group("dialout", "dev/tty[AU]*[0-9]", "microcontroller"),
)


def devices(examined: Examined) -> Iterator[Finding]:
    try:
        found = probe()
    except MortarError as error:
        yield failed("devices", error)
        return
    for name, names in (
        ("microphone", found.microphones),
        ("speaker", found.speakers),
        ("camera", found.cameras),
    ):
        if names:
            # A headset may be called after its owner.
            yield Finding(name, Verdict.OK, ", ".join(names), is_personal=True)
        else:
            yield Finding(name, Verdict.NOTE, "none", f"plug one in, or use a file (--{name[:3]}…)")


def permissions(examined: Examined) -> Iterator[Finding]:
    """Of the device files that there are; a device that is not plugged in asks for none."""
    machine = examined.machine
    has_chip = look(machine, None) is not None or bool(examined.settings.language.gpu_layers)
    is_missing = False
    for group in GROUPS:
        found = machine.find(group.devices) if has_chip or not group.is_of_chip else []
        if found and not any(map(machine.may_use, found)):
            is_missing = True
            yield Finding(
                "permissions",
                Verdict.NOTE,
                f"this user may not use /{found[0].relative_to(machine.root)} ({group.what})",
                f"run: sudo usermod -aG {group.name} $USER, and log in again",
            )
    if not is_missing:
        yield Finding("permissions", Verdict.OK, "this user may use the devices that there are")


def sound(examined: Examined) -> Iterator[Finding]:
    """What takes our own voice out of the microphone's sound, and what turns the volume."""
    if examined.settings.microphone.echo_cancellation == "none":
        yield Finding("echo", Verdict.NOTE, "not cancelled, as microphone.echo_cancellation says")
    elif sound_server() is not None:
        yield Finding("echo", Verdict.OK, "cancelled by the sound server (WebRTC) while Mortar runs")
    else:
        advice = "install pulseaudio, pulseaudio-utils and libasound2-plugins, and log in again"
        yield Finding("echo", Verdict.NOTE, "not cancelled: no sound server answers `pactl info`", advice)
    mixer = find_mixer(examined.settings.speaker)
    if mixer is not None:
        yield Finding("volume", Verdict.OK, mixer.name, is_personal=True)
    else:
        yield Finding("volume", Verdict.NOTE, "no mixer", "turn the volume at the speaker itself")
