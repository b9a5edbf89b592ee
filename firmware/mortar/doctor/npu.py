"""The NPU of Rockchip boards: kernel driver, runtime library and Python binding, whether they fit, and who
uses it."""

from __future__ import annotations

from collections.abc import Iterator

from mortar import lease, resources
from mortar.clock import Moment, moment
from mortar.doctor.finding import Examined, Finding, Verdict
from mortar.doctor.programs import installed
from mortar.drivers.npu import BINDING, GET_RUNTIME, OLDEST_DRIVER, Npu, look, shown
from mortar.lease import Held, State


def npu(examined: Examined) -> Iterator[Finding]:
    held = look(examined.machine, installed(BINDING))
    if held is None:
        yield Finding("npu", Verdict.OK, "none that Mortar knows")
    else:
        yield from judge(held)
        yield used(lease.look(resources.runtime_folder() / lease.FILE), moment())


def judge(npu: Npu) -> Iterator[Finding]:
    yield _driver(npu)
    yield from _library(npu)
    if npu.binding is None:
        do = "run: pip install 'mortar[rk]', in the environment that Mortar runs in"
        yield Finding("npu binding", Verdict.NOTE, f"{BINDING} is not installed", do)
    else:
        yield Finding("npu binding", Verdict.OK, f"{BINDING} {shown(npu.binding)}")


def used(held: Held | None, now: Moment) -> Finding:
    """By whom: one process at a time has it."""
    name = "npu in use"
    if held is None:
        return Finding(name, Verdict.OK, "by nobody at present")
    told = f"by process {held.pid}, to {held.reason}"
    match held.state(now):
        case State.HELD:
            return Finding(name, Verdict.OK, told)
        case State.OVERDUE:
            return Finding(name, Verdict.NOTE, f"{told}, past its deadline", "look again in some seconds")
        case State.LOST:
            return Finding(name, Verdict.BAD, f"{told}: it hangs in the driver", "start the board again")


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
