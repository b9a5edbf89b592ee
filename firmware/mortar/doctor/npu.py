"""The NPU of Rockchip boards: kernel driver, runtime library and Python binding, and whether they fit.

The rules are the makers' (airockchip/rknn-toolkit2, airockchip/rknn-llm); nothing here has run on a board.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mortar.doctor.finding import Examined, Finding, Verdict
from mortar.doctor.machine import Machine
from mortar.doctor.programs import installed

SOCS = frozenset({"rk3562", "rk3566", "rk3568", "rk3576", "rk3588", "rk3588s"})

BINDING = "rknn-toolkit-lite2"

DRIVER_VERSION = ("sys/kernel/debug/rknpu/version", "proc/rknpu/version")
"""debugfs, which root alone reads; proc where the kernel was built so. "RKNPU driver: v0.9.8"."""

OLDEST_DRIVER = (0, 9, 7)
"""Seen working; the makers advise 0.9.8."""

RUNTIME = "usr/lib/librknnrt.so"
RUNTIME_SAYS = re.compile(rb"librknnrt version: (\d+\.\d+\.\d+)")
"""A string inside the library."""

GET_RUNTIME = "get librknnrt.so from github.com/airockchip/rknn-toolkit2 into /usr/lib"

Version = tuple[int, ...]


@dataclass(frozen=True)
class Npu:
    soc: str
    driver: Version | None
    runtime: Version | None
    binding: Version | None
    """None each where it is missing, or its version cannot be read."""
    has_driver: bool


def npu(examined: Examined) -> Iterator[Finding]:
    held = look(examined.machine, installed(BINDING))
    if held is None:
        yield Finding("npu", Verdict.OK, "none that Mortar knows")
    else:
        yield from judge(held)


def look(machine: Machine, binding: str | None) -> Npu | None:
    """None on a board without one; `binding` is the version of the Python package."""
    named = [name.removeprefix("rockchip,") for name in machine.compatible]
    soc = next((name for name in named if name in SOCS), None)
    if soc is None:
        return None
    texts = [text for path in DRIVER_VERSION if (text := machine.text(path))]
    driver = _version(texts[0]) if texts else None
    has_driver = driver is not None or bool(machine.find("sys/class/devfreq/*.npu"))
    return Npu(soc, driver, _runtime(machine), _version(binding or ""), has_driver)


def judge(npu: Npu) -> Iterator[Finding]:
    yield _driver(npu)
    yield from _library(npu)
    if npu.binding is None:
        do = "run: pip install 'mortar[rk]', in the environment that Mortar runs in"
        yield Finding("npu binding", Verdict.NOTE, f"{BINDING} is not installed", do)
    else:
        yield Finding("npu binding", Verdict.OK, f"{BINDING} {shown(npu.binding)}")


def _driver(npu: Npu) -> Finding:
    name = "npu driver"
    if not npu.has_driver:
        told = f"the kernel has no rknpu driver for this {npu.soc}, or does not show it"
        do = "use a vendor kernel (5.10 or 6.1); on RK3566 enable the NPU overlay in rsetup; sudo shows more"
        return Finding(name, Verdict.NOTE, told, do)
    if npu.driver is None:
        do = "run: sudo cat /sys/kernel/debug/rknpu/version"
        return Finding(name, Verdict.NOTE, "its version is for root's eyes alone", do)
    if npu.driver < OLDEST_DRIVER:
        told = f"rknpu {shown(npu.driver)} is older than any seen working ({shown(OLDEST_DRIVER)})"
        return Finding(name, Verdict.NOTE, told, "update the kernel: rknpu 0.9.8 is advised")
    return Finding(name, Verdict.OK, f"rknpu {shown(npu.driver)}")


def _library(npu: Npu) -> Iterator[Finding]:
    """An older runtime does not load models of a newer converter, and the binding goes with the converter."""
    name = "npu runtime"
    if npu.runtime is None:
        yield Finding(name, Verdict.NOTE, "there is no librknnrt.so, or it has no version", GET_RUNTIME)
    elif npu.binding is not None and npu.runtime < npu.binding:
        told = f"librknnrt {shown(npu.runtime)} is older than {BINDING} {shown(npu.binding)}"
        yield Finding(name, Verdict.BAD, told, f"{GET_RUNTIME}, of version {shown(npu.binding)}")
    else:
        yield Finding(name, Verdict.OK, f"librknnrt {shown(npu.runtime)}")


def _runtime(machine: Machine) -> Version | None:
    try:
        found = RUNTIME_SAYS.search((machine.root / RUNTIME).read_bytes())
    except OSError:
        return None
    return _version(found[1].decode()) if found else None


def _version(text: str) -> Version | None:
    found = re.search(r"\d+(\.\d+)+", text)
    return tuple(map(int, found[0].split("."))) if found else None


def shown(version: Version) -> str:
    """ "0.9.8"."""
    return ".".join(map(str, version))
