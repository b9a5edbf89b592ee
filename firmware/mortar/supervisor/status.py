"""The status socket: how `mortar status`, `press`, `ask` and `mute` reach the running assistant.

SOCK_SEQPACKET in a folder that is its owner's alone, and whoever connects must be that owner or
root. The folder is locked as long as Mortar lives, so there is never a second one; the kernel lets
go of the lock however the first one ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from mortar import channel, resources
from mortar.channel import Channel, ChannelClosed
from mortar.errors import MortarError
from mortar.messages import (
    CommandReply,
    Message,
    Press,
    StatusReply,
    StatusRequest,
    Switch,
    Switched,
    Typed,
)
from mortar.privacy import Device

SOCKET_NAME = "status.sock"

ANSWER_S = 2.0
"""How long a client waits."""

SWITCH_ANSWER_S = 4.5
"""How long it waits for a device to be closed for certain."""

CLIENT_LIFETIME_S = 5.0
"""A connection is closed after this: clients ask once."""

LONGEST_QUESTION = 1_000
"""Characters that may be typed: more than anybody says in a breath, far less than a message holds."""

MOST_CLIENTS = 16
"""Beyond that the oldest is dropped: whoever asks and goes is served, however many just hang."""

R = TypeVar("R", bound=Message)


class StatusServer:
    """Answers clients in the running asyncio loop until `close`.

    Raises MortarError where another Mortar has the folder, or the socket cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        status: Callable[[], dict[str, object]],
        press: Callable[[str], CommandReply],
        ask: Callable[[str], CommandReply],
        switch: Callable[[Switch], Awaitable[Switched]],
    ) -> None:
        self._status = status
        self._press = press
        self._ask = ask
        self._switch = switch
        self._switching: set[asyncio.Task[None]] = set()
        self._clients: dict[Channel, None] = {}
        self._loop = asyncio.get_running_loop()
        self._lock = _lock(folder, _already_running)
        self.path = folder / SOCKET_NAME
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.setblocking(False)
        try:
            self.path.unlink(missing_ok=True)  # we hold the lock: who made it is dead
            self._listener.bind(str(self.path))
            self.path.chmod(0o600)
            self._listener.listen()
        except OSError as error:
            self._listener.close()
            os.close(self._lock)
            raise MortarError(
                "status-socket-failed",
                f"cannot make the status socket {self.path}: {error.strerror or error}",
                "set MORTAR_RUNTIME_DIR to a folder of your own with a short path",
            ) from None
        self._loop.add_reader(self._listener, self._accept)

    def close(self) -> None:
        self._loop.remove_reader(self._listener)
        for client in list(self._clients):
            self._drop(client)
        self._listener.close()
        self.path.unlink(missing_ok=True)
        os.close(self._lock)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return  # it has gone again
        if not _is_trusted(sock):
            sock.close()
            return
        if len(self._clients) >= MOST_CLIENTS:
            self._drop(next(iter(self._clients)))
        client: Channel = Channel(
            sock,
            lambda message, descriptors: self._answer(client, message, descriptors),
            lambda: self._drop(client),
        )
        self._clients[client] = None
        self._loop.call_later(CLIENT_LIFETIME_S, self._drop, client)

    def _answer(self, client: Channel, message: Message, descriptors: list[int]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)
        match message:
            case StatusRequest():
                client.send(StatusReply(self._status()))
            case Press(kind):
                client.send(self._press(kind))
            case Typed(text):
                client.send(self._ask(text))
            case Switch():
                task = self._loop.create_task(self._answer_switch(client, message))
                self._switching.add(task)
                task.add_done_callback(self._switching.discard)
            case _:
                self._drop(client)

    async def _answer_switch(self, client: Channel, wanted: Switch) -> None:
        client.send(await self._switch(wanted))

    def _drop(self, client: Channel) -> None:
        self._clients.pop(client, None)
        client.close()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Meanwhile no Mortar runs that has `folder`. Raises MortarError where one does."""
    lock = _lock(folder, _still_running)
    try:
        yield
    finally:
        os.close(lock)


def _lock(folder: Path, held: Callable[[Path], MortarError]) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise held(folder) from None
    return descriptor


def _already_running(folder: Path) -> MortarError:
    return MortarError(
        "already-running",
        f"Mortar is running already (it holds {folder})",
        "see `mortar status`; stop it, or set MORTAR_RUNTIME_DIR to run a second one",
    )


def _still_running(folder: Path) -> MortarError:
    return MortarError(
        "still-running",
        f"Mortar is running (it holds {folder}), and would keep on what it knows",
        "stop it first",
    )


def _is_trusted(sock: socket.socket) -> bool:
    """Whether the other end belongs to us or to root (struct ucred: pid, uid, gid)."""
    held = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", held)
    return uid in (os.getuid(), 0)


class StatusClient:
    """One question to the running Mortar; blocks for at most ANSWER_S, or SWITCH_ANSWER_S.

    Raises MortarError where none runs, or it does not answer.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or resources.runtime_folder()) / SOCKET_NAME

    def status(self) -> dict[str, object]:
        return self._request(StatusRequest(), StatusReply).status

    def press(self, kind: str) -> CommandReply:
        """Press the button: "short", "double" or "long"."""
        return self._request(Press(kind), CommandReply)

    def ask(self, text: str) -> CommandReply:
        """Ask in writing, in at most `LONGEST_QUESTION` characters."""
        return self._request(Typed(text), CommandReply)

    def switch(self, device: Device, *, is_on: bool) -> Switched:
        """Switch a device on or off; it is so when this returns."""
        return self._request(Switch(device, is_on), Switched, SWITCH_ANSWER_S)

    def _request(self, question: Message, answer_type: type[R], patience_s: float = ANSWER_S) -> R:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
            sock.settimeout(patience_s)
            try:
                sock.connect(str(self._path))
                channel.send(sock, question)
                answer, _ = channel.receive(sock)
            except (FileNotFoundError, ConnectionRefusedError):
                raise MortarError(
                    "not-running", "Mortar is not running", "start it with `mortar run`"
                ) from None
            except (TimeoutError, BlockingIOError, ChannelClosed):
                answer = None
            except OSError as error:
                raise MortarError(
                    "status-socket-failed",
                    f"cannot reach the running Mortar at {self._path}: {error.strerror or error}",
                    "ask as the user that it runs as",
                ) from None
        if not isinstance(answer, answer_type):
            raise MortarError(
                "status-no-answer", "the running Mortar does not answer", "see its log, or restart it"
            )
        return answer
