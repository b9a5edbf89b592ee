"""How often the eye glances, and how many tokens it may hand over. Reads no clock: the time is passed in."""

from __future__ import annotations

from mortar.power import Power, PowerState
from mortar.settings import Eye

MINUTE_ms = 60_000


def period_ms(power: Power, settings: Eye) -> float | None:
    """From one glance to the next; None where the power state allows none."""
    if power.state is PowerState.CRITICAL:
        return None
    rate_Hz = settings.watch_least_Hz + power.alpha * (settings.watch_most_Hz - settings.watch_least_Hz)
    return 1_000 / rate_Hz


class Pace:
    """When the next glance is due. One that comes late takes the place of those that were due meanwhile."""

    def __init__(self) -> None:
        self.due_ms = 0.0

    def glanced(self, now_ms: float, period_ms: float) -> int:
        """How many glances were passed over since the last was due."""
        late = int((now_ms - self.due_ms) // period_ms) if self.due_ms else 0
        self.due_ms = (self.due_ms or now_ms) + (late + 1) * period_ms
        return late

    def rest(self) -> None:
        """Nothing is due until the next glance: none of the time between is late."""
        self.due_ms = 0.0


class Budget:
    """A leaky bucket of tokens: it fills at `per_min`, and holds one minute's. It begins full.

    While there are any, a picture may be handed over, however many it has; what it has too many is paid off
    before the next. So every minute has `per_min` on the long run, and no model is never fed.
    """

    def __init__(self, per_min: float) -> None:
        self._per_min = per_min
        self._held = per_min
        self._at_ms: float | None = None

    def has_some(self, now_ms: float) -> bool:
        if self._at_ms is not None:
            filled = (now_ms - self._at_ms) * self._per_min / MINUTE_ms
            self._held = min(self._per_min, self._held + filled)
        self._at_ms = now_ms
        return self._held > 0

    def spend(self, n_tok: int) -> None:
        """They were handed over, by watching or for somebody who looked."""
        self._held -= n_tok
