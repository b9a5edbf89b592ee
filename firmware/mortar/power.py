"""The power states, by the battery's level: NANOMIND's three, with overlapping limits. Reads no clock."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mortar.settings import PowerLimits
from mortar.slowdowns import Battery


class PowerState(StrEnum):
    UNCONSTRAINED = "unconstrained"
    PROPORTIONAL = "proportional"
    """α scales what there is: camera rate, how large a picture is looked at."""
    CRITICAL = "critical"
    """Only what somebody asks for is done."""


class Power(msgspec.Struct, frozen=True):
    state: PowerState = PowerState.UNCONSTRAINED
    alpha: float = 1.0
    """(level − T_low) / (T_high − T_low) while proportional (NANOMIND §1.5), 1 above, 0 below."""


MAINS = Power()

CALMER = {
    PowerState.UNCONSTRAINED: 0,
    PowerState.PROPORTIONAL: 1,
    PowerState.CRITICAL: 2,
}
"""From much to little."""


def power(battery: Battery | None, before: Power, limits: PowerLimits) -> Power:
    """The state at a battery level. To go back to a larger one takes `limits.overlap_percent` more than to
    leave it, so that a level that swings does not swing the board. Mains, and charging, know no limits."""
    if battery is None or battery.charging:
        return MAINS
    plain = _state(battery.percent, limits)
    if CALMER[plain] < CALMER[before.state]:
        plain = _state(battery.percent - limits.overlap_percent, limits)
    span = limits.high_percent - limits.low_percent
    share = (battery.percent - limits.low_percent) / span if span > 0 else 0.0
    match plain:
        case PowerState.UNCONSTRAINED:
            return MAINS
        case PowerState.PROPORTIONAL:
            return Power(plain, round(min(max(share, 0.0), 1.0), 2))
        case PowerState.CRITICAL:
            return Power(plain, 0.0)


def _state(percent: float, limits: PowerLimits) -> PowerState:
    if percent > limits.high_percent:
        return PowerState.UNCONSTRAINED
    return PowerState.PROPORTIONAL if percent > limits.low_percent else PowerState.CRITICAL
