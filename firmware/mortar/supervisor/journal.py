"""What happens, said as events; the last failures are kept for `mortar status`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from mortar.clock import now_ms
from mortar.messages import Event, Failure, Scalar

FAILURES_KEPT = 8


class Journal:
    def __init__(self, on_event: Callable[[Event], None], started_ms: float) -> None:
        self._on_event = on_event
        self._started_ms = started_ms
        self._failures: deque[dict[str, Scalar]] = deque(maxlen=FAILURES_KEPT)

    @property
    def failures(self) -> list[dict[str, Scalar]]:
        """process, code, what, do, and t_ms from the start of the run; the oldest first."""
        return list(self._failures)

    def add(self, event: Event) -> None:
        """An event that a worker said."""
        self._on_event(event)

    def emit(self, event: str, **data: Scalar) -> None:
        self.add(Event(event, now_ms(), data))

    def failed(self, process: str, failure: Failure) -> None:
        error = {"code": failure.code, "what": failure.what, "do": failure.do}
        self._failures.append({"process": process, **error, "t_ms": round(now_ms() - self._started_ms)})
        self.emit("error", process=process, **error)
