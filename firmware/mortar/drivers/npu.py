"""The NPU of Rockchip boards, as the kernel and the file system show it. The rules are the makers'
(airockchip/rknn-toolkit2, airockchip/rknn-llm); nothing here has run on a board."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from mortar.drivers.kernel import Kernel

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

NODES = ("sys/class/drm/*/device/uevent", "dev/rknpu")
"""The drivers of DRM nodes, whose numbers differ from board to board; dev/rknpu of kernels without DRM."""

SAME_SILICON = {"rk3588s": "rk3588"}
"""SoC → the one whose compiled models it runs."""

Version = tuple[int, ...]


@dataclass(frozen=True)
class Npu:
    soc: str
    driver: Version | None
    runtime: Version | None
    binding: Version | None
    """None each where it is missing, or its version cannot be read."""
    has_driver: bool

    @property
    def model_soc(self) -> str:
        """The SoC that its models are converted for."""
        return SAME_SILICON.get(self.soc, self.soc)


def soc(kernel: Kernel) -> str | None:
    """The SoC, where it is one with an NPU."""
    named = (name.removeprefix("rockchip,") for name in kernel.compatible)
    return next((name for name in named if name in SOCS), None)


def look(kernel: Kernel, binding: str | None) -> Npu | None:
    """None on a board without one; `binding` is the version of the Python package."""
    found = soc(kernel)
    if found is None:
        return None
    texts = [text for path in DRIVER_VERSION if (text := kernel.text(path))]
    driver = version(texts[0]) if texts else None
    has_driver = driver is not None or bool(kernel.find("sys/class/devfreq/*.npu"))
    return Npu(found, driver, _runtime(kernel), version(binding or ""), has_driver)


def nodes(kernel: Kernel) -> list[Path]:
    """The device files of the NPU."""
    uevents = [path for path in kernel.find(NODES[0]) if "RKNPU" in (kernel.text(path) or "").upper()]
    drm = [kernel.root / "dev/dri" / path.parent.parent.name for path in uevents]
    return [path for path in (*drm, kernel.root / NODES[1]) if path.exists()]


def closed_node(kernel: Kernel | None = None) -> Path | None:
    """A device file of the NPU that this user may not use."""
    found = nodes(kernel or Kernel())
    return next((path for path in found if not os.access(path, os.R_OK | os.W_OK)), None)


def _runtime(kernel: Kernel) -> Version | None:
    try:
        found = RUNTIME_SAYS.search((kernel.root / RUNTIME).read_bytes())
    except OSError:
        return None
    return version(found[1].decode()) if found else None


def version(text: str) -> Version | None:
    """The first one in a text."""
    found = re.search(r"\d+(\.\d+)+", text)
    return tuple(map(int, found[0].split("."))) if found else None


def shown(version: Version) -> str:
    """ "0.9.8"."""
    return ".".join(map(str, version))
