"""What a board and the program on it are, for a report: nothing that tells one owner from another."""

from __future__ import annotations

import platform
from typing import Any

from mortar import __version__
from mortar.doctor.machine import Machine
from mortar.doctor.programs import installed, versions
from mortar.drivers.npu import BINDING, look, shown
from mortar.drivers.thermal import clocks_MHz, temperatures_C


def program() -> dict[str, Any]:
    """Versions of Mortar, Python and the packages; None where one is not installed."""
    return {"mortar": __version__, "python": platform.python_version(), "packages": versions()}


def board(machine: Machine) -> dict[str, Any]:
    """None where the kernel does not tell."""
    return {
        "model": machine.model,
        "compatible": machine.compatible,
        "architecture": platform.machine(),
        "kernel": machine.text("proc/sys/kernel/osrelease"),
        "system": _os_release(machine, "PRETTY_NAME"),
        "cores": sum(
            line.startswith("processor") for line in (machine.text("proc/cpuinfo") or "").splitlines()
        ),
        "memory_MB": {key: machine.meminfo_MB(key) for key in ("MemTotal", "MemAvailable", "SwapTotal")},
        "clocks_MHz": {
            name: {"allowed": allowed, "possible": possible}
            for name, (allowed, possible) in clocks_MHz(machine).items()
        },
        "temperatures_C": temperatures_C(machine),
        "npu": _npu(machine),
    }


def _npu(machine: Machine) -> dict[str, str | None] | None:
    held = look(machine, installed(BINDING))
    if held is None:
        return None
    found = {"driver": held.driver, "runtime": held.runtime, "binding": held.binding}
    told = {part: None if version is None else shown(version) for part, version in found.items()}
    return {"soc": held.soc, **told}


def _os_release(machine: Machine, key: str) -> str | None:
    for line in (machine.text("etc/os-release") or "").splitlines():
        name, _, value = line.partition("=")
        if name == key:
            return value.strip('"')
    return None
