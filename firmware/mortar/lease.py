"""Who uses the NPU: one process at a time over all programs of the board, because several have hung boards.

The lease is a lock (flock) on a file, so the kernel gives it back however its owner ends, and never while
the owner is stuck in a driver: that is the quarantine. The file's text says who has it, why, and until when.

A second file makes those who wait take turns: only its owner waits for the lease, and the one who has just
given the lease back stands behind them.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from mortar.clock import Moment, moment
from mortar.errors import MortarError

FILE = "npu.lease"
"""In `resources.runtime_folder()`."""

EXIT_GRACE_s = 5.0
"""A process that runs past its deadline is killed; one that is still there after this hangs in the kernel."""


class State(StrEnum):
    HELD = "held"
    OVERDUE = "overdue"
    """Past its deadline."""
    LOST = "lost until reboot"


@dataclass(frozen=True)
class Held:
    """What the file says while somebody has the lease."""

    pid: int
    unit: str
    reason: str
    since_s: float
    """Since the board was switched on."""
    deadline_ms: float
    boot: str
    """Which switching on that was."""

    def state(self, now: Moment) -> State:
        """For a lease that is held."""
        over_s = now.up_s - self.since_s - self.deadline_ms / 1e3
        if self.boot != now.boot or over_s <= 0:
            return State.HELD
        return State.LOST if over_s > EXIT_GRACE_s else State.OVERDUE


UNTOLD = Held(0, "", "by a program that does not say why", 0.0, 0.0, "")
"""A lease that is held, and whose owner has not written yet."""


class LeaseBusy(MortarError):
    """The lease could not be had in time."""

    def __init__(self, unit: str, held: Held) -> None:
        super().__init__(
            "npu-busy", f"{unit} is in use by process {held.pid} ({held.reason})", "end the other program"
        )


class LeaseLost(MortarError):
    """Nor will it be had, before the board is started again."""

    def __init__(self, unit: str, held: Held) -> None:
        super().__init__(
            "npu-lost",
            f"process {held.pid} ({held.reason}) hangs in the driver of {unit}, and cannot be ended",
            "start the board again",
        )


class Lease:
    """One process's way to the lease."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def hold(self, unit: str, reason: str, *, deadline_ms: float, wait_ms: float) -> Iterator[None]:
        """Have the unit for `reason`, which takes at most `deadline_ms`; wait at most `wait_ms` for it.

        Raises LeaseBusy or LeaseLost, and MortarError where the file cannot be made.
        """
        try:
            attempt = _Attempt(self._path)
        except OSError as error:
            raise MortarError(
                "lease-unusable",
                f"cannot open {self._path}, which says who uses the NPU: {error.strerror}",
                "set MORTAR_RUNTIME_DIR to a folder of your own",
            ) from None
        if not (attempt.at_once() or attempt.within(wait_ms / 1e3)):
            held = look(self._path) or UNTOLD
            raise (LeaseLost if held.state(moment()) is State.LOST else LeaseBusy)(unit, held)
        now = moment()
        attempt.write(Held(os.getpid(), unit, reason, now.up_s, deadline_ms, now.boot))
        try:
            yield
        finally:
            attempt.close()


class _Attempt:
    """Descriptors of its own, because a lock belongs to those who share one."""

    def __init__(self, path: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._lease = os.open(path, flags, 0o600)
        self._queue = os.open(path.with_name(f"{path.name}.queue"), flags, 0o600)
        self._mutex = threading.Lock()
        self._granted = threading.Event()
        self._is_given_up = False

    def at_once(self) -> bool:
        try:
            fcntl.flock(self._queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)
        return True

    def within(self, wait_s: float) -> bool:
        """flock knows no bound: a thread waits in it, and is left behind where that takes too long. It ends
        once it would be its turn."""
        threading.Thread(target=self._stand_in_line, daemon=True).start()
        self._granted.wait(wait_s)
        with self._mutex:
            self._is_given_up = not self._granted.is_set()
        return not self._is_given_up

    def write(self, held: Held) -> None:
        os.ftruncate(self._lease, 0)  # what the dead left there
        os.pwrite(self._lease, json.dumps(asdict(held)).encode(), 0)

    def close(self) -> None:
        """Gives the lease back."""
        os.ftruncate(self._lease, 0)
        os.close(self._lease)
        os.close(self._queue)

    def _stand_in_line(self) -> None:
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        fcntl.flock(self._lease, fcntl.LOCK_EX)
        fcntl.flock(self._queue, fcntl.LOCK_UN)
        with self._mutex:
            if self._is_given_up:
                self.close()
            else:
                self._granted.set()


def look(path: Path) -> Held | None:
    """Who has the lease; None where nobody does. The dead have it no more, whatever the text says."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    finally:
        os.close(descriptor)
    return None


def _read(descriptor: int) -> Held:
    try:
        return Held(**json.loads(os.pread(descriptor, 4_096, 0)))
    except (ValueError, TypeError):  # not written yet, or by another version
        return UNTOLD
