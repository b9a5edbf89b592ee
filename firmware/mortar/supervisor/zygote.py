"""Forks the workers: one small process with one thread that has the common imports loaded.

python -m mortar.supervisor.zygote DESCRIPTOR

A fork of it starts in milliseconds and shares its memory. It outlives the supervisor by as long as
it takes to end every worker and to remove the supervisor's files, however the supervisor ended.
"""

from __future__ import annotations

import ctypes
import gc
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import NamedTuple

from mortar import channel, logs, worker
from mortar.channel import ChannelClosed
from mortar.messages import Bequeath, Exited, Message, Spawn, Spawned, Start

SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1"}
"""numpy's OpenBLAS starts a thread per core as it is loaded; only one thread survives a fork."""

PRELOADED = ("asyncio", "numpy", "mortar.worker")

ORPHAN_GRACE_S = 1.0
"""Workers end by themselves when the supervisor is gone; after this they are killed."""

KILL_GRACE_S = 5.0
"""A worker that a driver holds in the kernel is left behind after this."""

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15


class Birth(NamedTuple):
    """What a fresh fork is to become."""

    entry: str
    control: socket.socket


class Zygote:
    def __init__(self, supervisor: socket.socket) -> None:
        self._supervisor = supervisor
        self._names: dict[int, str] = {}
        """Process id → name of each worker that was not reaped yet."""
        self._bequest: dict[str, tuple[int, int]] = {}
        """Path → which file it was: another Mortar may have made a new one by then."""
        self._signals, self._wakeup = socket.socketpair()
        self._signals.setblocking(False)
        self._wakeup.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # a handler, so that it wakes us
        for number in (signal.SIGINT, signal.SIGTERM):  # the supervisor decides when to end
            signal.signal(number, signal.SIG_IGN)

    def serve(self) -> Birth | None:
        """Fork what the supervisor asks for. Returns None once the supervisor has gone.

        Like fork, it returns in every worker too: with what that worker is to be.
        """
        poll = select.poll()
        poll.register(self._supervisor, select.POLLIN)
        poll.register(self._signals, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._signals.fileno() in ready:
                self._reap()
            if self._supervisor.fileno() not in ready:
                continue
            try:
                message, descriptors = channel.receive(self._supervisor)
            except ChannelClosed:
                return None
            match message:
                case Spawn(name, entry):
                    control = socket.socket(fileno=descriptors[0])
                    if self._fork(name, control):
                        return Birth(entry, control)
                case Bequeath(paths):
                    self._bequest = {path: _identity(path) for path in paths}

    def end(self) -> None:
        """Leave no file and no worker behind."""
        for path, identity in self._bequest.items():
            with suppress(FileNotFoundError):
                if _identity(path) == identity:
                    os.unlink(path)
        self._wait_for_workers(ORPHAN_GRACE_S)
        for pid in self._names:
            os.kill(pid, signal.SIGKILL)
        self._wait_for_workers(KILL_GRACE_S)

    def _fork(self, name: str, control: socket.socket) -> bool:
        """True in the worker, False in the zygote."""
        zygote = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            print(f"mortar: cannot start {name}: {error.strerror}", file=sys.stderr)
            control.close()
            self._tell(Exited(name, os.EX_OSERR))
            return False
        if pid == 0:
            self._leave(name, zygote)
            return True
        control.close()
        pidfd = os.pidfd_open(pid)  # not reaped yet, so the number is still this worker's
        self._names[pid] = name
        self._tell(Spawned(name, pid), pidfd)
        os.close(pidfd)
        return False

    def _leave(self, name: str, zygote: int) -> None:
        """In the worker: let go of what is the zygote's, and die with it."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        for sock in (self._supervisor, self._signals, self._wakeup):
            sock.close()
        os.setpgid(0, 0)
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_NAME, f"mortar-{name}".encode())
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != zygote:  # it died before the line above
            os._exit(worker.EXIT_ALONE)

    def _reap(self) -> None:
        self._signals.recv(4_096)
        while self._names:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            pid = ended.si_pid
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # what the worker itself had started
            _, status = os.waitpid(pid, 0)
            self._tell(Exited(self._names.pop(pid), os.waitstatus_to_exitcode(status)))

    def _wait_for_workers(self, grace_s: float) -> None:
        due_s = time.monotonic() + grace_s
        while self._names and (left_s := due_s - time.monotonic()) > 0:
            if select.select([self._signals], [], [], left_s)[0]:
                self._reap()

    def _tell(self, message: Message, *descriptors: int) -> None:
        with suppress(ChannelClosed):  # the end of the supervisor is noticed where we listen to it
            channel.send(self._supervisor, message, descriptors)


def _identity(path: str) -> tuple[int, int]:
    held = os.stat(path)
    return held.st_ino, held.st_ctime_ns


def become(birth: Birth) -> int:
    """Be the worker; gives its exit status."""
    try:
        start, _ = channel.receive(birth.control)
    except ChannelClosed:
        return worker.EXIT_ALONE
    if not isinstance(start, Start):
        raise TypeError(f"a worker's first message is Start, not {start}")
    return worker.run(partial(_enter, birth.entry), start, birth.control)


async def _enter(entry: str, this: worker.Worker) -> None:
    module, _, function = entry.partition(":")
    await getattr(import_module(module), function)(this)


def preload() -> None:
    """Load what workers have in common, and stay a process of one thread."""
    os.environ |= SINGLE_THREADED
    for module in PRELOADED:
        import_module(module)
    gc.freeze()  # the collector's marks would copy every page that the workers share


def main() -> None:
    logs.begin()
    preload()
    zygote = Zygote(socket.socket(fileno=int(sys.argv[1])))
    birth = zygote.serve()
    if birth is None:
        zygote.end()
        return
    status = worker.EXIT_DEFECT
    try:
        status = become(birth)
    finally:
        # Not sys.exit: it would wait for a thread that sits in an engine.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
