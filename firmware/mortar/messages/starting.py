"""Between the supervisor and the zygote that its workers are forked from."""

from __future__ import annotations

from mortar.messages.base import Message


class Spawn(Message, frozen=True):
    """Fork a worker; its control socket travels along."""

    name: str
    entry: str


class Spawned(Message, frozen=True):
    """The worker's pidfd travels along."""

    name: str
    pid: int


class Exited(Message, frozen=True):
    """Ended and reaped: `status` as os.waitstatus_to_exitcode gives it (negative: a signal)."""

    name: str
    status: int


class Bequeath(Message, frozen=True):
    """Files that the zygote removes if the supervisor dies without doing so."""

    paths: list[str]
