"""The eye's end of a process that owns a unit: started, asked with a bound, and ended for certain or known
to be stuck."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

from mortar.runtimes.rknn import protocol
from mortar.runtimes.rknn.protocol import Message

Confirm = Callable[[int, float], bool]
"""(pidfd, seconds) → whether that process has ended, at the latest after so long."""


def has_ended(pidfd: int, within_s: float) -> bool:
    """Asks the kernel. Nothing that a test can start survives SIGKILL, so tests put another in its place."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(within_s * 1e3))


STATUS_GRACE_s = 1.0
"""A process whose link has gone is about to have a status."""


class Ended(Exception):
    """The process has ended, or its link has."""


class Overdue(Exception):
    """No answer in time."""


class ChildProcess:
    """Not for several threads at once."""

    def __init__(self, command: Sequence[str], confirm: Confirm = has_ended) -> None:
        """`command` gets `--parent PID SOCKET` at its end. Raises OSError where it cannot be started."""
        self._confirm = confirm
        self._sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        whole = [*command, "--parent", str(os.getpid()), str(theirs.fileno())]
        started: Future[tuple[int, int]] = Future()
        self._status: Future[int] = Future()
        # Linux ends a child with the thread that started it, not with the process: that thread has to stay.
        threading.Thread(
            target=_keep,
            args=(whole, theirs.fileno(), self._log.fileno(), started, self._status),
            daemon=True,
        ).start()
        try:
            self.pid, self._pidfd = started.result()
        except OSError:
            self._sock.close()
            self._log.close()
            raise
        finally:
            theirs.close()

    def tell(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Raises Ended."""
        try:
            protocol.send(self._sock, message, descriptors)
        except OSError:
            raise Ended from None

    def ask(self, message: Message, within_ms: float) -> Message:
        """Its answer. Raises Ended, and Overdue where there is none in time."""
        self.tell(message)
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        if not poll.poll(within_ms):
            raise Overdue
        try:
            answer, _ = protocol.receive(self._sock)
        except EOFError:
            raise Ended from None
        return answer

    def last_words(self) -> str:
        """What it printed since the last request, on either output."""
        return os.pread(self._log.fileno(), 64 * 1024, 0).decode(errors="replace")

    def how_it_ended(self) -> str:
        """ "was ended by SIGSEGV", for one whose link has gone."""
        try:
            status = self._status.result(STATUS_GRACE_s)
        except TimeoutError:
            return "closed its link"
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    def end(self, grace_s: float, within_s: float) -> bool:
        """By itself within `grace_s`, else by SIGKILL. False: not even that has ended it `within_s`, and
        nothing that it holds is free."""
        self._sock.close()
        has_gone = grace_s > 0 and self._confirm(self._pidfd, grace_s)
        if not has_gone:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            has_gone = self._confirm(self._pidfd, within_s)
        os.close(self._pidfd)
        self._log.close()
        if has_gone:
            with suppress(TimeoutError):  # reaped as well, a moment later
                self._status.result(STATUS_GRACE_s)
        return has_gone


def _keep(
    command: list[str], theirs: int, log: int, started: Future[tuple[int, int]], status: Future[int]
) -> None:
    """Start the process, and stay until it has ended."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[theirs]
        )
    except OSError as error:
        started.set_exception(error)
        return
    started.set_result((process.pid, os.pidfd_open(process.pid)))
    status.set_result(process.wait())
