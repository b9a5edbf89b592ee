"""Runs the real `mortar` program in a process of its own, as a person would, and reads its events.

Tests and benches drive the whole assistant through this.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Any

from mortar.supervisor.status import StatusClient

PATIENCE_S = 90.0
"""How long something that must happen is waited for: generous, it only ends a hang."""

Line = dict[str, Any]

NO_VARIABLES: Mapping[str, str] = {}


@dataclass(frozen=True)
class Ran:
    """A finished run."""

    status: int
    lines: list[Line]
    errors: str

    @property
    def result(self) -> Line:
        return self.lines[-1]

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines]


def environment(runtime: Path) -> dict[str, str]:
    """Everything a run writes for itself lies below `runtime`; no settings of the person's count."""
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = {"XDG_CONFIG_HOME": str(runtime / "config"), "XDG_DATA_HOME": str(runtime / "data")}
    return os.environ | {"MORTAR_RUNTIME_DIR": str(runtime), **own}


def mortar(runtime: Path, *arguments: str | Path, cwd: Path | None = None) -> Ran:
    """Run to the end. With --json every line of standard output must be a JSON object."""
    done = subprocess.run(
        [sys.executable, "-m", "mortar", *map(str, arguments)],
        env=environment(runtime),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=cwd,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()] if "--json" in arguments else []
    return Ran(done.returncode, lines, done.stderr)


class Running:
    """A run that goes on while the caller acts on it; `variables` are added to its environment."""

    def __init__(
        self, runtime: Path, arguments: Sequence[str | Path], variables: Mapping[str, str] = NO_VARIABLES
    ) -> None:
        self.runtime = runtime
        self.client = StatusClient(runtime)
        self.seen: list[Line] = []
        self._lines: Queue[Line | None] = Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mortar", *map(str, arguments)],
            env=environment(runtime) | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Tell it to end, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(PATIENCE_S)

    def until(self, *events: str) -> Line:
        """The next line whose event is one of `events`."""
        for line in self.following():
            if line["event"] in events:
                return line
        raise AssertionError(f"the run ended before {events}; it had said {self.seen}")

    def to_the_end(self) -> list[Line]:
        """All lines of the run, once it has ended by itself."""
        for _ in self.following():
            pass
        self.process.wait(PATIENCE_S)
        return self.seen

    def status(self) -> Line:
        ran = mortar(self.runtime, "status", "--json")
        assert ran.status == 0, ran.errors
        return ran.result

    def pid(self, process: str) -> int:
        """Asked for through the socket: a program of its own for that takes half a second."""
        pid: int = self.client.status()["processes"][process]["pid"]
        return pid

    def following(self) -> Iterator[Line]:
        """Every further line, as it comes."""
        while (line := self.line()) is not None:
            yield line

    def line(self, patience_s: float = PATIENCE_S) -> Line | None:
        """The next line; None after the last one. Raises AssertionError where none comes for so long."""
        try:
            line = self._lines.get(timeout=patience_s)
        except Empty:
            raise AssertionError(f"nothing for {patience_s:.0f} s; it had said {self.seen}") from None
        if line is None:
            self._lines.put(None)
        else:
            self.seen.append(line)
        return line

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(json.loads(line))
        self._lines.put(None)
