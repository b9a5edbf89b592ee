"""The battery: as the kernel's power supplies tell it (sysfs-class-power), or as a file plays it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from mortar.drivers.kernel import Kernel
from mortar.settings import Gauge
from mortar.slowdowns import Battery

BOARD = Kernel()
"""This one."""

LEVELS = (("energy_now", "energy_full"), ("charge_now", "charge_full"))
"""Where a gauge gives no capacity: in µWh, or in µAh."""


def read_battery(settings: Gauge, kernel: Kernel = BOARD) -> Battery | None:
    """The battery that runs the board, read now; None where there is none, or its gauge tells nothing."""
    if settings.source == "none":
        return None
    if settings.source != "auto":
        return _played(Path(settings.source))
    return _of_board(kernel)


def _of_board(kernel: Kernel) -> Battery | None:
    """Of several, their mean: they stand beside each other."""
    batteries = [
        folder
        for folder in kernel.find("sys/class/power_supply/*")
        # The battery of a mouse or a headset has the scope "Device".
        if kernel.text(folder / "type") == "Battery" and kernel.text(folder / "scope") != "Device"
    ]
    levels = [percent for folder in batteries if (percent := _percent(kernel, folder)) is not None]
    if not levels:
        return None
    charging = any(kernel.text(folder / "status") in ("Charging", "Full") for folder in batteries)
    return Battery(round(sum(levels) / len(levels)), charging)


def _percent(kernel: Kernel, folder: Path) -> float | None:
    if (capacity := kernel.number(folder / "capacity")) is not None:
        return min(max(capacity, 0), 100)
    for now, full in LEVELS:
        held, most = kernel.number(folder / now), kernel.number(folder / full)
        if held is not None and most is not None and most > 0:
            return min(max(100 * held / most, 0), 100)
    return None


def _played(script: Path) -> Battery | None:
    """`percent = 40` and `charging = false`. What is no such file is no battery."""
    try:
        return msgspec.convert(tomllib.loads(script.read_text(encoding="utf-8")), Battery)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError):
        return None
