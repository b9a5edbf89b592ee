"""The supervisor's side of the zygote: starts it, asks it for workers, tells what became of them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable

from mortar import channel
from mortar.channel import Channel
from mortar.messages import Bequeath, Exited, Message, Spawn, Spawned

STDERR = 2

ZYGOTE_GRACE_S = 10.0
"""The zygote needs up to 6 s where a worker cannot be ended (its own two graces)."""


class Spawner:
    """Owns the zygote process; `close` ends it.

    `on_spawned(name, pid, pidfd)` hands over the pidfd; `on_exited(name, status)` comes once the
    worker was reaped; `on_lost()` if the zygote itself has ended: it takes every worker along.
    """

    def __init__(
        self,
        on_spawned: Callable[[str, int, int], None],
        on_exited: Callable[[str, int], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._on_spawned = on_spawned
        self._on_exited = on_exited
        ours, theirs = channel.pair()
        with theirs:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "mortar.supervisor.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=STDERR,  # standard output is for results; what engines print is the log's
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops in order
            )
        self._channel = Channel(ours, self._on_message, on_lost)

    @property
    def pid(self) -> int:
        return self._zygote.pid

    def spawn(self, name: str, entry: str) -> socket.socket:
        """Have a worker forked; gives our end of its control socket, of use at once."""
        ours, theirs = channel.pair()
        with theirs:
            self._channel.send(Spawn(name, entry), [theirs.fileno()])
        return ours

    def bequeath(self, paths: list[str]) -> None:
        """Have these files removed should this process end without doing so."""
        self._channel.send(Bequeath(paths))

    def close(self) -> None:
        """End the zygote, and with it every worker that still lives."""
        self._channel.close()
        try:
            self._zygote.wait(ZYGOTE_GRACE_S)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()

    def _on_message(self, message: Message, descriptors: list[int]) -> None:
        match message:
            case Spawned(name, pid):
                self._on_spawned(name, pid, descriptors[0])
            case Exited(name, status):
                self._on_exited(name, status)
            case _:
                for descriptor in descriptors:
                    os.close(descriptor)
