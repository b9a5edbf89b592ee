"""How the board is: memory, disk, heat, and whatever keeps its clocks below what it could do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from mortar import resources
from mortar.doctor.finding import Examined, Finding, Verdict
from mortar.doctor.machine import Machine
from mortar.drivers.kernel import free_MB
from mortar.drivers.thermal import clocks_MHz, temperatures_C
from mortar.slowdowns import HOT_C

LEAST_MEMORY_MB = 512
LEAST_DISK_MB = 200

THROTTLED = (
    "sys/devices/platform/soc*/*firmware/get_throttled",
    "sys/devices/platform/*firmware/get_throttled",
)
"""Hexadecimal, as `vcgencmd get_throttled` prints it."""

FLAGS = {0: "under-voltage", 1: "clock capped", 2: "throttled", 3: "soft temperature limit"}
"""Bit → what is so now; 16 higher: what has been so since it was switched on."""
SINCE_START = 16


def memory(examined: Examined) -> Iterator[Finding]:
    available_MB = examined.machine.meminfo_MB("MemAvailable")
    if available_MB is None:
        yield Finding("memory", Verdict.NOTE, "/proc/meminfo cannot be read", "run Mortar on Linux")
    elif available_MB >= LEAST_MEMORY_MB:
        yield Finding("memory", Verdict.OK, f"{available_MB} MB available")
    else:
        yield Finding("memory", Verdict.NOTE, f"{available_MB} MB available", "close programs")


def disk(examined: Examined) -> Iterator[Finding]:
    """Where Mortar keeps what it is told, or will."""
    left_MB = free_MB(resources.data_folder())
    told = f"{left_MB} MB free for what Mortar keeps"
    if left_MB >= LEAST_DISK_MB:
        yield Finding("disk", Verdict.OK, told)
    else:
        yield Finding("disk", Verdict.NOTE, told, "make room: remove files, or packages that nobody uses")


def temperature(examined: Examined) -> Iterator[Finding]:
    zones_C = temperatures_C(examined.machine)
    if not zones_C:
        yield Finding("temperature", Verdict.OK, "no sensor")
        return
    hottest = max(zones_C, key=lambda zone: zones_C[zone])
    told = f"{zones_C[hottest]:.0f} °C, the hottest of {len(zones_C)} ({hottest})"
    if zones_C[hottest] < HOT_C:
        yield Finding("temperature", Verdict.OK, told)
    else:
        yield Finding("temperature", Verdict.NOTE, told, "cool it: a heat sink, a fan, or air around it")


def clocks(examined: Examined) -> Iterator[Finding]:
    """Caps that somebody set, or that a governor for heat or battery holds."""
    held_MHz = clocks_MHz(examined.machine)
    capped = {name: both for name, both in held_MHz.items() if both[0] < both[1]}
    for name, (allowed, possible) in capped.items():
        path = f"/sys/devices/system/cpu/cpufreq/{name}/scaling_max_freq"
        do = f"run: echo {possible * 1000} | sudo tee {path}"
        yield Finding("clocks", Verdict.NOTE, f"{name} is capped at {allowed} of {possible} MHz", do)
    if held_MHz and not capped:
        told = ", ".join(f"{name} {possible} MHz" for name, (_, possible) in held_MHz.items())
        yield Finding("clocks", Verdict.OK, f"no caps: {told}")
    elif not held_MHz:
        yield Finding("clocks", Verdict.OK, "not scaled here")


def throttling(examined: Examined) -> Iterator[Finding]:
    """The Raspberry Pi's firmware says when power or heat have slowed it down."""
    if not any(name.startswith("raspberrypi,") for name in examined.machine.compatible):
        return
    bits = _flags(examined.machine)
    if bits is None:
        told, do = "the firmware's flags are not to be read here", "run: vcgencmd get_throttled"
        yield Finding("throttling", Verdict.NOTE, told, do)
        return
    now = [what for bit, what in FLAGS.items() if bits >> bit & 1]
    before = [what for bit, what in FLAGS.items() if bits >> (bit + SINCE_START) & 1]
    if not now and not before:
        yield Finding("throttling", Verdict.OK, "none since it was switched on")
        return
    since = f"since it was switched on: {', '.join(before)}" if before else ""
    told = "; ".join(part for part in (f"now: {', '.join(now)}" if now else "", since) if part)
    is_power = FLAGS[0] in (*now, *before)
    do = "use a 5 V supply of 5 A and a short cable" if is_power else "cool it: a heat sink, or a fan"
    yield Finding("throttling", Verdict.NOTE, told, do)


def _flags(machine: Machine) -> int | None:
    for pattern in THROTTLED:
        for path in machine.find(pattern):
            with suppress(ValueError):
                return int(machine.text(path) or "", 16)
    return None
