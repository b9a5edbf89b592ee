"""How many deaths of one process are forgiven."""

from __future__ import annotations

from collections import deque

FUTILE_DEATHS = 2
"""A worker that said what is wrong before it ever served (a model is missing) will say it again.
The second try is for what was only late, such as a device that was still coming up."""


class Budget:
    """Allows `restarts` within any `window_ms`; reads no clock."""

    def __init__(self, restarts: int, window_ms: float) -> None:
        self._restarts = restarts
        self._window_ms = window_ms
        self._deaths: deque[float] = deque()
        self._futile = 0

    def allows_restart(self, now_ms: float, futile: bool) -> bool:
        """Count a death at `now_ms`; `futile` if the worker had failed before it was ever ready."""
        self._futile = self._futile + 1 if futile else 0
        self._deaths.append(now_ms)
        while self._deaths[0] <= now_ms - self._window_ms:
            self._deaths.popleft()
        return len(self._deaths) <= self._restarts and self._futile < FUTILE_DEATHS
