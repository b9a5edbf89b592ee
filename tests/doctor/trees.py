"""Made trees of four computers, as far as the doctor looks: an RK3588, an RK3566, a Raspberry Pi 5, a PC.

File names and formats are those of the kernels (rknpu 0.9.8, cpufreq, thermal); the values are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mortar.doctor.finding import Examined, Finding
from mortar.doctor.machine import Machine
from mortar.settings import Settings

CPUFREQ = "sys/devices/system/cpu/cpufreq"
MEMINFO = "MemTotal:        8000000 kB\nMemAvailable:    4000000 kB\nSwapTotal:             0 kB\n"


def clock(policy: int, allowed_kHz: int, possible_kHz: int) -> dict[str, str]:
    folder = f"{CPUFREQ}/policy{policy}"
    return {
        f"{folder}/scaling_max_freq": f"{allowed_kHz}\n",
        f"{folder}/cpuinfo_max_freq": f"{possible_kHz}\n",
    }


def zones(**held_C: float) -> dict[str, str]:
    files = {}
    for number, (kind, held) in enumerate(held_C.items()):
        folder = f"sys/class/thermal/thermal_zone{number}"
        files |= {f"{folder}/type": f"{kind}\n", f"{folder}/temp": f"{held * 1000:.0f}\n"}
    return files


RK3588 = {
    "proc/meminfo": MEMINFO,
    "proc/device-tree/compatible": "radxa,rock-5b\0rockchip,rk3588\0",
    "proc/device-tree/model": "Radxa ROCK 5B\0",
    "sys/kernel/debug/rknpu/version": "RKNPU driver: v0.9.8\n",
    "usr/lib/librknnrt.so": "\x7fELF\0librknnrt version: 2.3.2 (429f97ae6b@2025-04-09T09:09:27)\0",
    **clock(0, 1_800_000, 1_800_000),
    **clock(4, 2_352_000, 2_352_000),
    **clock(6, 2_352_000, 2_352_000),
    **zones(soc=48.0, bigcore0=52.0, npu=47.0),
}

RK3566 = {
    "proc/meminfo": MEMINFO,
    "proc/device-tree/compatible": "radxa,zero3\0rockchip,rk3566\0",
    "proc/device-tree/model": "Radxa ZERO 3\0",
    **clock(0, 1_800_000, 1_800_000),
    **zones(soc=55.0, gpu=54.0),
}

PI5 = {
    "proc/meminfo": MEMINFO,
    "proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0",
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    **clock(0, 2_400_000, 2_400_000),
    **zones(**{"cpu-thermal": 51.0}),
}

PC = {
    "proc/meminfo": MEMINFO,
    "sys/class/dmi/id/product_name": "ThinkPad\n",
    **clock(0, 4_000_000, 4_000_000),
    **zones(x86_pkg_temp=45.0),
}

BOARDS = {"rk3588": RK3588, "rk3566": RK3566, "rpi5": PI5, "pc": PC}


def tree(folder: Path, files: Mapping[str, str], **changed: str) -> Path:
    """The files below `folder`."""
    for name, text in {**files, **changed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def examined(root: Path, *, may_use: bool = True) -> Examined:
    machine = Machine(root, uid=1000, environment={}, may_use=lambda path: may_use)
    return Examined("host", Settings(), machine)


def the_one(findings: Iterable[Finding]) -> Finding:
    """There is no other."""
    (finding,) = findings
    return finding
