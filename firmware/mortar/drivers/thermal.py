"""How hot the board is, and how far its clocks are held down."""

from __future__ import annotations

from mortar.drivers.kernel import Kernel


def temperatures_C(kernel: Kernel) -> dict[str, float]:
    """Zone → °C; a zone that is switched off is not among them."""
    found = {}
    for zone in kernel.find("sys/class/thermal/thermal_zone*"):
        kind, held_mC = kernel.text(zone / "type"), kernel.number(zone / "temp")
        if kind is not None and held_mC is not None:
            found[kind if kind not in found else f"{kind} ({zone.name})"] = held_mC / 1000
    return found


def clocks_MHz(kernel: Kernel) -> dict[str, tuple[int, int]]:
    """CPU cluster → the highest clock that is allowed now, and the highest that it has."""
    found = {}
    for policy in kernel.find("sys/devices/system/cpu/cpufreq/policy*"):
        allowed_kHz = kernel.number(policy / "scaling_max_freq")
        possible_kHz = kernel.number(policy / "cpuinfo_max_freq")
        if allowed_kHz is not None and possible_kHz:
            found[policy.name] = (allowed_kHz // 1000, possible_kHz // 1000)
    return found
