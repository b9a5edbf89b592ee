"""A process that writes on and on, and SIGKILL for it at a moment that chance has chosen."""

from __future__ import annotations

import os
import random
import select
import signal
from collections.abc import Callable


def killed_while_writing(
    write_on: Callable[[int], None], rng: random.Random, most_lines: int, latest_ms: float
) -> list[str]:
    """The lines by which `write_on`, in a process of its own, told what it had done by then.

    It gets the pipe for them, and never returns. It is killed up to `latest_ms` after some line of the first
    `most_lines`, or as it begins: so it gets as far on a busy computer as on an idle one.
    """
    told, confirmed = os.pipe()
    writer = os.fork()
    if writer == 0:
        try:
            write_on(confirmed)
        finally:
            os._exit(1)
    os.close(confirmed)
    n_lines, content = rng.randint(0, most_lines), b""
    while content.count(b"\n") < n_lines and (more := os.read(told, 65_536)):
        content += more
    select.select([], [], [], rng.uniform(0, latest_ms) / 1_000)
    os.kill(writer, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1]) == -signal.SIGKILL, "it wrote until then"
    with open(told, "rb") as pipe:
        return (content + pipe.read()).decode().splitlines()


def tell(confirmed: int, line: str) -> None:
    os.write(confirmed, f"{line}\n".encode())
