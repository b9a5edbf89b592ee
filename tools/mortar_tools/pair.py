"""Eye and language as two real processes with a real link; the caller is their supervisor and assistant.

Tests and benches of what the two do together drive them through this.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from mortar import channel, privacy
from mortar.clock import now_ms
from mortar.messages import (
    Answered,
    Ask,
    Failure,
    Look,
    Looked,
    Message,
    PeerGone,
    Privacy,
    Ready,
    Start,
    Wire,
)
from mortar.settings import RunOptions, Settings

M = TypeVar("M", bound=Message)

QUESTION = "what do you see"
PATIENCE_S = 60.0

PROCESS = """
import importlib, socket, sys
from mortar import channel, worker
control = socket.socket(fileno=int(sys.argv[1]))
start, _ = channel.receive(control)
sys.exit(worker.run(importlib.import_module(f"mortar.bricks.{start.name}").main, start, control))
"""


class Process:
    """A brick's process, with the test as its supervisor and its assistant."""

    def __init__(
        self, name: str, run: RunOptions, settings: Settings, started: Callable[[int], object]
    ) -> None:
        """`started` is told its number as soon as there is one, before anything is loaded."""
        self.control, theirs = channel.pair()
        argv = [sys.executable, "-c", PROCESS, str(theirs.fileno())]
        self._process = subprocess.Popen(argv, pass_fds=[theirs.fileno()])
        theirs.close()
        started(self._process.pid)
        channel.send(self.control, Start(name, settings, run, 0, now_ms()))
        channel.send(self.control, Privacy(privacy.NONE, 0))
        self.assistant, theirs = channel.pair()
        self.wire("assistant", theirs)
        expect(self.control, Ready)

    def wire(self, peer: str, sock: socket.socket) -> None:
        channel.send(self.control, Wire(peer, 1), [sock.fileno()])
        sock.close()

    def failures(self) -> list[str]:
        """Codes of what it has told the supervisor so far."""
        return [one.code for one in waiting(self.control) if isinstance(one, Failure)]

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE_S)
        self.control.close()
        self.assistant.close()


def expect(sock: socket.socket, kind: type[M], passed: list[Message] | None = None) -> M:
    """The next message of `kind`; what comes before it goes to `passed`."""
    sock.settimeout(PATIENCE_S)
    while True:
        message, _ = channel.receive(sock)
        if isinstance(message, kind):
            return message
        if passed is not None:
            passed.append(message)


def waiting(sock: socket.socket) -> list[Message]:
    """What has come and was not received yet."""
    found = []
    sock.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            found.append(channel.receive(sock)[0])
    return found


class Pair:
    """Both bricks, joined; `folder` plays the camera."""

    def __init__(
        self,
        folder: Path,
        settings: Settings | None = None,
        model: Path | None = None,
        started: Callable[[int], object] = lambda pid: None,
    ) -> None:
        self.run = RunOptions(camera=str(folder), model=str(model) if model else None)
        self.settings = settings or Settings()
        self._started = started
        self.heard: list[Message] = []
        """What the language brick told the assistant before its answers."""
        self.eye, self.language = self._process("eye"), self._process("language")
        self.join()

    def _process(self, name: str) -> Process:
        return Process(name, self.run, self.settings, self._started)

    def join(self) -> None:
        one, other = channel.pair()
        self.eye.wire("language", one)
        self.language.wire("eye", other)

    def look(self, turn: int) -> None:
        channel.send(self.eye.assistant, Look(turn))
        assert expect(self.eye.assistant, Looked).turn == turn

    def ask(self, turn: int, question: str = QUESTION) -> Answered:
        channel.send(self.language.assistant, Ask(turn, question, look=True))
        answered = expect(self.language.assistant, Answered, self.heard)
        assert answered.turn == turn and not answered.cancelled
        return answered

    def kill(self) -> None:
        self.eye.kill()
        self.language.kill()

    def new_eye(self) -> None:
        channel.send(self.language.control, PeerGone("eye", 1))
        self.eye = self._process("eye")
        self.join()

    def new_language(self) -> None:
        channel.send(self.eye.control, PeerGone("language", 1))
        self.language = self._process("language")
        self.join()
