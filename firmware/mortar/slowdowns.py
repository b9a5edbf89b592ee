"""What slows Mortar down: one table, for who asks "why are you slow" and for `mortar status`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

HOT_C = 80.0
"""Raspberry Pi 5 begins to throttle between 80 and 85 °C, an RK3588 from about 80 °C."""

LEAST_CLOCK_SHARE = 0.95

LOW_BATTERY_percent = 15

LONG_JOB_ms = 2_000
"""A question that waits behind this is noticed."""

LEAST_MEMORY_MB = 150
LEAST_DISK_MB = 50


class Battery(msgspec.Struct, frozen=True):
    percent: int
    """0..100"""
    charging: bool


class Figures(msgspec.Struct, frozen=True):
    """How the board and the processes are; None is what nobody can tell."""

    battery: Battery | None = None
    """None: there is none."""
    hottest_C: float | None = None
    clock_share: float | None = None
    """Of the fastest clock that the cores have, what they may run at, 0..1; the most held down counts."""
    memory_MB: int | None = None
    """That can be had without swapping."""
    disk_MB: int | None = None
    """Free where Mortar keeps its data."""
    starting: int = 0
    """Processes that died and are being started again."""
    missing: int = 0
    """Processes that were given up."""
    job_ms: float = 0.0
    """How long the language model or the vision encoder has been at work."""


@dataclass(frozen=True)
class Slowdown:
    name: str
    """Each language has a sentence of that name."""
    holds: Callable[[Figures], bool]


SLOWDOWNS: tuple[Slowdown, ...] = (
    Slowdown(
        "hot",
        lambda now: now.hottest_C is not None and now.hottest_C >= HOT_C,
    ),
    Slowdown(
        "clock capped",
        lambda now: now.clock_share is not None and now.clock_share < LEAST_CLOCK_SHARE,
    ),
    Slowdown(
        "low battery",
        lambda now: (
            now.battery is not None
            and now.battery.percent <= LOW_BATTERY_percent
            and not now.battery.charging
        ),
    ),
    Slowdown("starting again", lambda now: now.starting > 0),
    Slowdown("part missing", lambda now: now.missing > 0),
    Slowdown("model busy", lambda now: now.job_ms > LONG_JOB_ms),
    Slowdown(
        "memory short",
        lambda now: now.memory_MB is not None and now.memory_MB < LEAST_MEMORY_MB,
    ),
    Slowdown(
        "disk full",
        lambda now: now.disk_MB is not None and now.disk_MB < LEAST_DISK_MB,
    ),
)
"""What weighs most comes first."""


def that_hold(figures: Figures) -> list[Slowdown]:
    return [slowdown for slowdown in SLOWDOWNS if slowdown.holds(figures)]
