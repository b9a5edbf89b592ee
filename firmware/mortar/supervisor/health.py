"""What happens to a process that is past a deadline: a ladder from asking to giving it up."""

from __future__ import annotations

from enum import StrEnum
from math import inf

from mortar.messages import JobBegan

LONGEST_START_MS = 120_000
"""From the fork to Ready, and between jobs before Ready: 2 GB of model from an SD card at 20 MB/s
are 100 s."""

ABORT_GRACE_MS = 1_000
"""Engines look at `aborted` between layers, tokens or windows: a small part of this."""

KILL_GRACE_MS = 5_000
"""SIGKILL takes milliseconds, except where a driver holds the process in the kernel."""


class Rung(StrEnum):
    """What is due to a process."""

    ABORT = "abort"
    """Ask its engine to give up the job."""
    KILL = "kill"
    """SIGKILL."""
    LOST = "lost"
    """Even that did not end it: what it holds is out of use until the board restarts."""


class Ladder:
    """One life of a process: starting, jobs, stopping, each with its deadline. Reads no clock.

    A job past its deadline is aborted, then the process is killed, then it counts as lost. What
    the process says in time takes it off the ladder again, unless it is to end anyway.
    """

    def __init__(self, now_ms: float) -> None:
        self.job: JobBegan | None = None
        self.job_began_ms = now_ms
        self.is_ready = False
        self.is_killed = False
        self.due_ms = now_ms + LONGEST_START_MS
        """When `climb` is due; inf while there is nothing to wait for."""
        self._next = Rung.KILL
        self._is_ending = False

    def ready(self) -> None:
        self.is_ready = True
        if self.job is None:
            self._wait(Rung.KILL, inf)

    def began(self, job: JobBegan, now_ms: float) -> None:
        self.job, self.job_began_ms = job, now_ms
        self._wait(Rung.ABORT, now_ms + job.deadline_ms)

    def ended(self, number: int, now_ms: float) -> None:
        if self.job is not None and self.job.job == number:
            self.job = None
            self._wait(Rung.KILL, inf if self.is_ready else now_ms + LONGEST_START_MS)

    def stop(self, now_ms: float, grace_ms: float) -> None:
        """It was told to stop, or is closing by itself: it has `grace_ms` to end."""
        self._wait(Rung.KILL, now_ms + grace_ms)
        self._is_ending = True

    def climb(self, now_ms: float) -> Rung | None:
        """What is to be done to the process now; None where nothing is due."""
        if now_ms < self.due_ms:
            return None
        rung = self._next
        match rung:
            case Rung.ABORT:
                self._wait(Rung.KILL, now_ms + ABORT_GRACE_MS)
            case Rung.KILL:
                self._wait(Rung.LOST, now_ms + KILL_GRACE_MS, force=True)
                self.is_killed = self._is_ending = True
            case Rung.LOST:
                self._wait(Rung.LOST, inf, force=True)
        return rung

    def _wait(self, rung: Rung, due_ms: float, force: bool = False) -> None:
        if force or not self._is_ending:
            self._next, self.due_ms = rung, due_ms
