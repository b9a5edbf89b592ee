"""A process that writes on and on, and SIGKILL for it at a moment that chance has chosen."""

from __future__ import annotations

import os
import random
import select
import signal
from collections.abc import Callable

STARTED = 0.9
"""Share of the writers that have confirmed something when they are killed; the others are killed as they open
what they write to, or make it."""


def killed_while_writing(write_on: Callable[[int], None], rng: random.Random, latest_ms: float) -> list[str]:
    """The lines by which `write_on`, in a process of its own, told what was confirmed by then.

    It gets the pipe for them, and never returns. It is killed up to `latest_ms` after the first of them.
    """
    told, confirmed = os.pipe()
    writer = os.fork()
    if writer == 0:
        try:
            write_on(confirmed)
        finally:
            os._exit(1)
    os.close(confirmed)
    if rng.random() < STARTED:
        select.select([told], [], [])
    select.select([], [], [], rng.uniform(0, latest_ms) / 1_000)
    os.kill(writer, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1]) == -signal.SIGKILL, "it wrote until then"
    with open(told, "rb") as pipe:
        return pipe.read().decode().splitlines()


def tell(confirmed: int, line: str) -> None:
    os.write(confirmed, f"{line}\n".encode())
