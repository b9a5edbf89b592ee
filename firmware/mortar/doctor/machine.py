"""The computer as the kernel shows it: files below a root folder, which tests make for every board."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _may_use(device: Path) -> bool:
    """By its group, or by the rights that a login at the screen gives."""
    return os.access(device, os.R_OK | os.W_OK)


@dataclass(frozen=True)
class Machine:
    """Paths are relative to `root`, "proc/meminfo"; what is not there or cannot be read is None."""

    root: Path = Path("/")
    uid: int = field(default_factory=os.geteuid)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    may_use: Callable[[Path], bool] = _may_use
    """Whether a device can be read and written."""

    def text(self, path: str | Path) -> str | None:
        """Without the blanks and the NULs (of a device tree) around it."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip(" \t\n\0")
        except OSError:
            return None

    def number(self, path: str | Path) -> int | None:
        text = self.text(path)
        try:
            return None if text is None else int(text)
        except ValueError:
            return None

    def find(self, pattern: str) -> list[Path]:
        """Whole paths, sorted."""
        return sorted(self.root.glob(pattern))

    @property
    def compatible(self) -> list[str]:
        """What the device tree says, "rockchip,rk3588" among it; empty on a PC."""
        return [name for name in (self.text("proc/device-tree/compatible") or "").split("\0") if name]

    @property
    def model(self) -> str | None:
        return self.text("proc/device-tree/model") or self.text("sys/class/dmi/id/product_name")

    def meminfo_MB(self, key: str) -> int | None:
        """ "MemTotal", "MemAvailable" ..."""
        for line in (self.text("proc/meminfo") or "").splitlines():
            name, _, rest = line.partition(":")
            if name == key:
                return int(rest.split()[0]) // 1024
        return None
