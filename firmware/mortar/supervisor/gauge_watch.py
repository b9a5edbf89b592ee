"""Looks at the battery now and then, and says when the power state changes."""

from __future__ import annotations

from mortar.drivers.gauge import read_battery
from mortar.power import MAINS, Power, power
from mortar.settings import Settings


class GaugeWatch:
    """`power` is the state at present; `due_ms` is when the battery is looked at next."""

    def __init__(self, settings: Settings, now_ms: float) -> None:
        self.power: Power = MAINS
        self.due_ms = now_ms
        self._settings = settings

    def look(self, now_ms: float) -> bool:
        """Look if it is time; gives whether something has changed."""
        if now_ms < self.due_ms:
            return False
        limits = self._settings.power
        self.due_ms = now_ms + limits.look_every_s * 1e3
        before = self.power
        self.power = power(read_battery(self._settings.gauge), before, limits)
        return self.power != before
