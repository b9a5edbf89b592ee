"""What happens, said as events; the last failures are kept for `mortar status`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from mortar.clock import now_ms
from mortar.messages import Event, Failure, Scalar
from mortar.supervisor.table import ASSISTANT

FAILURES_KEPT = 8

TROUBLE = "trouble"
"""The assistant's event that a turn has failed: code, what, do."""


class Journal:
    def __init__(self, on_event: Callable[[Event], None], started_ms: float) -> None:
        self._on_event = on_event
        self._started_ms = started_ms
        self._failures: deque[dict[str, Scalar]] = deque(maxlen=FAILURES_KEPT)

    @property
    def failures(self) -> list[dict[str, Scalar]]:
        """process, code, what, do, times, and t_ms from the start of the run; the oldest first."""
        return list(self._failures)

    def add(self, event: Event) -> None:
        """An event that a worker said."""
        if event.event == TROUBLE:
            self._keep(ASSISTANT, {key: event.data[key] for key in ("code", "what", "do")})
        self._on_event(event)

    def emit(self, event: str, **data: Scalar) -> None:
        self.add(Event(event, now_ms(), data))

    def failed(self, process: str, failure: Failure) -> None:
        error: dict[str, Scalar] = {"code": failure.code, "what": failure.what, "do": failure.do}
        self._keep(process, error)
        self.emit("error", process=process, **error)

    def _keep(self, process: str, error: dict[str, Scalar]) -> None:
        """What comes again and again is kept once; what a brick reported and a turn then failed by, too."""
        times = 1
        last = self._failures[-1] if self._failures else {}
        if last.get("code") == error["code"]:
            before = self._failures.pop()
            is_told_on = process == ASSISTANT and before["process"] != ASSISTANT
            process = str(before["process"]) if is_told_on else process
            times = int(before["times"] or 0) + (0 if is_told_on else 1)
        t_ms = round(now_ms() - self._started_ms)
        self._failures.append({"process": process, **error, "times": times, "t_ms": t_ms})
