"""A real server on this computer, in a thread of its own, that does what a test has it do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

MODEL = "smolvlm-500m"
WORDS = ("I see", " a", " cat", ".")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        held = json.loads(self.body)
        assert isinstance(held, dict)
        return held


Behaviour = Callable[["Server", socket.socket, Request], None]
"""What is done on the connection of one request, once that is read."""


@dataclass
class Server:
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    client_left: threading.Event = field(default_factory=threading.Event)
    """The client closed a connection that was kept waiting."""


def chunk(
    text: str | None = None, finish: str | None = None, model: str | None = MODEL, **choice: object
) -> bytes:
    """One event of a stream, as llama-server writes it."""
    delta = {} if text is None else {"content": text}
    held = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **choice}],
    }
    return b"data: " + json.dumps(held).encode() + b"\n\n"


def reply(
    *body: bytes, status: str = "200 OK", kind: str = "text/event-stream", **headers: str
) -> list[bytes]:
    """A reply that the end of the connection ends: its head, then its body."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ["\r\n".join([*lines, "", ""]).encode(), *body]


def chunked(*body: bytes) -> list[bytes]:
    """The same in HTTP's own chunks, without the one that ends it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [head, *(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in body)]


def sends(parts: Iterable[bytes]) -> Behaviour:
    held = list(parts)

    def send(server: Server, connection: socket.socket, request: Request) -> None:
        for part in held:
            connection.sendall(part)

    return send


def sends_then_hangs(parts: Iterable[bytes]) -> Behaviour:
    held = list(parts)

    def send(server: Server, connection: socket.socket, request: Request) -> None:
        for part in held:
            connection.sendall(part)
        with suppress(ConnectionError):
            connection.recv(1)  # nothing comes: it returns when the client is gone
        server.client_left.set()

    return send


LISTED = sends(reply(json.dumps({"data": [{"id": MODEL}]}).encode(), kind="application/json"))
"""/v1/models with the one model."""

ANSWERS = sends(reply(*(chunk(word) for word in WORDS), chunk(finish="stop"), b"data: [DONE]\n\n"))


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[Server]:
    """A server that takes as many connections as there are behaviours, one after the other."""
    server = Server()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=_serve, args=(server, listener, behaviours), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            assert not thread.is_alive()


def _serve(server: Server, listener: socket.socket, behaviours: Iterable[Behaviour]) -> None:
    for behave in behaviours:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # the test is over
        with connection, suppress(ConnectionError):
            request = _read(connection)
            server.requests.append(request)
            behave(server, connection, request)


def _read(connection: socket.socket) -> Request:
    held = b""
    while b"\r\n\r\n" not in held:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError
        held += part
    head, _, body = held.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65_536)
    return Request(method, path, headers, body)
