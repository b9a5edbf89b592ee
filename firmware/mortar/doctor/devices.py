"""Microphone, speaker and camera: whether they are there, and whether this user may use them."""

from __future__ import annotations

from collections.abc import Iterator

from mortar.doctor.finding import Examined, Finding, Verdict, failed
from mortar.drivers.mixer import find_mixer
from mortar.drivers.probe import probe
from mortar.drivers.sound_server import sound_server
from mortar.errors import MortarError

GROUPS = {
    "audio": ("dev/snd/pcm*", "microphone and speaker"),
    "video": ("dev/video*", "camera"),
    "render": ("dev/dri/renderD*", "NPU and GPU"),
    "dialout": ("dev/tty[AU]*[0-9]", "microcontroller"),
}
"""Group → the device files that are its own on Debian, and what they are."""


def devices(examined: Examined) -> Iterator[Finding]:
    try:
        found = probe()
    except MortarError as error:
        yield failed("devices", error)
        return
    for name, names in (
        ("microphone", found.microphones),
        ("speaker", found.speakers),
        ("camera", [found.camera] if found.camera is not None else []),
    ):
        if names:
            # A headset may be called after its owner.
            yield Finding(name, Verdict.OK, ", ".join(names), is_personal=True)
        else:
            yield Finding(name, Verdict.NOTE, "none", f"plug one in, or use a file (--{name[:3]}…)")


def permissions(examined: Examined) -> Iterator[Finding]:
    """Of the device files that there are; a device that is not plugged in asks for none."""
    missing = []
    for group, (pattern, what) in GROUPS.items():
        found = examined.machine.find(pattern)
        if found and not any(examined.machine.may_use(path) for path in found):
            missing.append(group)
            yield Finding(
                "permissions",
                Verdict.NOTE,
                f"this user may not use /{found[0].relative_to(examined.machine.root)} ({what})",
                f"run: sudo usermod -aG {group} $USER, and log in again",
            )
    if not missing:
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
