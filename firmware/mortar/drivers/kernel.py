"""The board as the kernel shows it: small files below a root folder, which tests make for every board."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kernel:
    """Paths are relative to `root`, "proc/meminfo". What is not there, cannot be read (a sensor that is
    switched off, a driver that failed) or is no number is None."""

    root: Path = Path("/")

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

    @property
    def compatible(self) -> list[str]:
        """What the device tree says, "rockchip,rk3588" among it; empty on a PC."""
        return [name for name in (self.text("proc/device-tree/compatible") or "").split("\0") if name]

    def find(self, pattern: str) -> list[Path]:
        """Whole paths, sorted."""
        return sorted(self.root.glob(pattern))

    def meminfo_MB(self, key: str) -> int | None:
        """ "MemTotal", "MemAvailable" ..."""
        for line in (self.text("proc/meminfo") or "").splitlines():
            name, _, rest = line.partition(":")
            if name == key:
                return int(rest.split()[0]) // 1024
        return None


def free_MB(folder: Path) -> int:
    """Room on the disk of a folder, or of where it will be made."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free // 2**20
