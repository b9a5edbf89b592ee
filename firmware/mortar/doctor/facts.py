"""What a board and the program on it are, for a report: nothing that tells one owner from another."""

from __future__ import annotations

import platform
from typing import Any

from mortar import __version__
from mortar.doctor.board import clocks_MHz, temperatures_C
from mortar.doctor.machine import Machine
from mortar.doctor.npu import BINDING, look
from mortar.doctor.programs import installed, versions


def program() -> dict[str, Any]:
    """Versions of Mortar, Python and the packages; None where one is not installed."""
    return {"mortar": __version__, "python": platform.python_version(), "packages": versions()}


def board(machine: Machine) -> dict[str, Any]:
    """None where the kernel does not tell."""
    npu = look(machine, installed(BINDING))
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
        "npu": None if npu is None else vars(npu),
    }


def _os_release(machine: Machine, key: str) -> str | None:
    for line in (machine.text("etc/os-release") or "").splitlines():
        name, _, value = line.partition("=")
        if name == key:
            return value.strip('"')
    return None
