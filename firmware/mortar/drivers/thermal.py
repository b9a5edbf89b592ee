"""How hot the board is, and how far its clocks are held down, from the kernel's files."""

from __future__ import annotations

from pathlib import Path

from mortar.drivers import sysfs

THERMAL = Path("/sys/class/thermal")
CPUFREQ = Path("/sys/devices/system/cpu/cpufreq")


def hottest_C(zones: Path = THERMAL) -> float | None:
    """Of all thermal zones that can be read; None where none can."""
    held_mC = [sysfs.number(zone / "temp") for zone in zones.glob("thermal_zone*")]
    return max((mC / 1_000 for mC in held_mC if mC is not None), default=None)


def clock_share(policies: Path = CPUFREQ) -> float | None:
    """What the cores may run at, of what they can, 0..1: of the policy that is held down most. None where
    the kernel does not scale clocks."""
    shares = []
    for policy in policies.glob("policy*"):
        allowed, most = (
            sysfs.number(policy / "scaling_max_freq"),
            sysfs.number(policy / "cpuinfo_max_freq"),
        )
        if allowed is not None and most is not None and most > 0:
            shares.append(allowed / most)
    return min(shares, default=None)
