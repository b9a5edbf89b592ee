"""What the supervisor knows of each process: the row's state, and the life it has at present."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from mortar.channel import Channel
from mortar.messages import Considered, Failure, Scalar
from mortar.settings import Supervision
from mortar.supervisor.budget import Budget
from mortar.supervisor.health import Ladder
from mortar.supervisor.table import Conditions, Row, Table


class State(StrEnum):
    IDLE = "idle"
    """Does not run; is started when it is needed."""
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    DONE = "done"
    """Ended by itself with exit status 0: it has nothing more to do."""
    GIVEN_UP = "given up"
    """Died more often than the budget allows."""
    LOST = "lost until reboot"
    """SIGKILL does not end it."""


SERVING = frozenset({State.READY, State.DONE})
GONE = frozenset({State.GIVEN_UP, State.LOST})
"""States that last as long as the run."""
SETTLED = SERVING | GONE
"""States in which nobody waits for a process to come up."""


@dataclass
class Life:
    """One run of a process, from the request to fork it to the certainty that it has ended."""

    control: Channel
    ladder: Ladder
    pid: int | None = None
    pidfd: int | None = None
    figures: dict[str, Scalar] = field(default_factory=dict)
    failure: Failure | None = None
    """What went wrong last in this life."""
    may_hold: bool = False
    """It was allowed to open its device, and has not said since that it is closed."""

    def kill(self) -> None:
        """SIGKILL, to this very process: a pidfd never means another one that got its number."""
        if self.pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def close(self) -> None:
        self.control.close()
        if self.pidfd is not None:
            os.close(self.pidfd)


@dataclass
class Process:
    """A row of the table and what became of it."""

    row: Row
    budget: Budget
    state: State = State.IDLE
    restarts: int = 0
    placement: dict[str, str] = field(default_factory=dict)
    """What ran where when it was last ready."""
    considered: dict[str, list[Considered]] = field(default_factory=dict)
    """Of each part that can run in several places, all of them."""
    life: Life | None = None


class Processes(dict[str, Process]):
    """All rows of a table by name, in its order."""

    def __init__(self, table: Table, limits: Supervision) -> None:
        window_ms = limits.restart_window_s * 1e3
        super().__init__((row.name, Process(row, Budget(limits.restarts, window_ms))) for row in table.rows)

    def living(self) -> Iterator[tuple[Process, Life]]:
        """Those that run, or are not known for certain to have ended."""
        for process in self.values():
            if process.life is not None:
                yield process, process.life

    def controls(self) -> dict[str, Channel]:
        return {process.row.name: life.control for process, life in self.living()}

    def placement(self) -> dict[str, str]:
        return {part: unit for process in self.values() for part, unit in process.placement.items()}

    def in_state(self, states: frozenset[State]) -> list[str]:
        """The names of those that are in one of `states`."""
        return [name for name, process in self.items() if process.state in states]

    def all_are(self, states: frozenset[State], conditions: Conditions) -> bool:
        """Whether every process that is needed is in one of `states`."""
        needed = (process for process in self.values() if process.row.needed(conditions))
        return all(process.state in states for process in needed)
