"""The sentences that people get about a process: what failed, and what to do."""

from __future__ import annotations

import signal

from mortar.errors import MortarError
from mortar.messages import Failure
from mortar.supervisor.health import LONGEST_START_MS, Ladder


def exit_text(status: int) -> str:
    """ "SIGSEGV" or "status 1", from a status as os.waitstatus_to_exitcode gives it."""
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def overdue(name: str, ladder: Ladder) -> Failure:
    """Why the process is being killed."""
    if ladder.job is not None:
        return Failure(
            "job-overdue",
            f"{name} took longer than {ladder.job.deadline_ms:.0f} ms to {ladder.job.what}",
            "it is started again; see `mortar status`",
        )
    if not ladder.is_ready:
        return Failure(
            "start-overdue",
            f"{name} was not ready within {LONGEST_START_MS / 1e3:.0f} s",
            "it is started again; run `mortar doctor`",
        )
    return Failure(
        "end-overdue",
        f"{name} closed its socket and did not end",
        "it is started again; see its last lines above",
    )


def given_up(name: str, status: int, failure: Failure | None) -> MortarError:
    """The one error when the budget is spent: what the worker said itself, if it said anything."""
    if failure is not None:
        return MortarError(failure.code, f"{name} cannot run: {failure.what}", failure.do)
    return MortarError(
        "process-given-up",
        f"{name} cannot run: it keeps ending, last with {exit_text(status)}",
        "look for its last lines above, and run `mortar doctor`",
    )


def lost(name: str) -> MortarError:
    return MortarError(
        "process-lost",
        f"{name} does not end even when killed: a driver holds it, its unit is lost until reboot",
        "restart the board",
    )


def not_closed(name: str) -> Failure:
    """Why a process that was to close its device is being killed."""
    return Failure(
        "device-not-closed",
        f"{name} did not close its device in time, and is ended",
        "it is started again with the device closed; see its last lines in the log",
    )


def stays_open(name: str) -> Failure:
    """Not even its end closes it."""
    return Failure(
        "device-stays-open",
        f"the device of {name} may still be open: a driver holds {name}, which does not end even when killed",
        "unplug the device, or switch the board off",
    )


def zygote_gone() -> MortarError:
    return MortarError("zygote-gone", "the process that starts all others has ended", "start Mortar again")


def assistant_ended() -> MortarError:
    return MortarError(
        "assistant-ended", "the assistant ended without a result", "look for its last lines above"
    )
