"""The computer that the doctor looks at: what its kernel shows, and who is looking."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mortar.drivers.kernel import Kernel


def _may_use(device: Path) -> bool:
    """By its group, or by the rights that a login at the screen gives."""
    return os.access(device, os.R_OK | os.W_OK)


@dataclass(frozen=True)
class Machine(Kernel):
    uid: int = field(default_factory=os.geteuid)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    may_use: Callable[[Path], bool] = _may_use
    """Whether a device can be read and written."""

    @property
    def model(self) -> str | None:
        return self.text("proc/device-tree/model") or self.text("sys/class/dmi/id/product_name")
