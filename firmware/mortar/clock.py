"""The clocks: the one monotonic clock, in the unit that every message and event carries, and the hour."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

EARLIEST_YEAR = 2026
"""A clock before this has never been set: boards have no battery behind theirs, and no network."""


def now_ms() -> float:
    """CLOCK_MONOTONIC in milliseconds: comparable between processes of one machine."""
    return time.monotonic_ns() / 1e6


@dataclass(frozen=True)
class Moment:
    """One moment on two clocks, which a restart of the program outlives."""

    wall_s: float
    """Unix time. People and networks set it, forwards and back."""
    up_s: float
    """Since the board was switched on, sleep included. Nobody sets it."""
    boot: str
    """Since which switching on: `up_s` of two are comparable where this is the same."""


def moment() -> Moment:
    return Moment(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), _boot())


def is_set(local: datetime) -> bool:
    """Whether a clock that shows this was ever set."""
    return local.year >= EARLIEST_YEAR


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
