"""The one monotonic clock, in the unit that every message and event carries."""

from __future__ import annotations

import time


def now_ms() -> float:
    """CLOCK_MONOTONIC in milliseconds: comparable between processes of one machine."""
    return time.monotonic_ns() / 1e6
