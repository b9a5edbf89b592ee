"""A hub on this computer that answers as Hugging Face's does, and fails as it is told to.

A large file's address redirects to another host, where its bytes are; a small file's has them itself.
Faults are taken one a GET of the bytes, then all is well.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0ff"

BYTES = "/bytes"
"""Begins the paths where large files' bytes are."""


@dataclass
class Hosted:
    content: bytes
    is_large: bool = True
    faults: list[Fault] = field(default_factory=list)
    statement: dict[str, str] = field(default_factory=dict)
    """Headers of the hub's answer in the place of the true ones."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def etag(self) -> str:
        """Of the host that has the bytes: it is not the hub's."""
        return f'"{hashlib.md5(self.content).hexdigest()}"'

    @property
    def git_blob(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content).hexdigest()


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]


class Hub(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, Hosted] = {}
        """By REPOSITORY/FILE."""
        self.seen: list[Request] = []
        self.closing = threading.Event()
        self.stalled = threading.Event()
        """Set once somebody is kept waiting."""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def elsewhere(self) -> str:
        return f"http://localhost:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked has hung up."""

    def asked(self, method: str) -> list[Request]:
        return [request for request in self.seen if request.method == method]


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        self.server.seen.append(Request(self.command, self.path, dict(self.headers)))
        path = unquote(urlsplit(self.path).path)
        is_bytes = path.startswith(BYTES)
        repository, _, rest = path.removeprefix(BYTES).strip("/").partition("/resolve/")
        _, _, file = rest.partition("/")
        hosted = self.server.files.get(f"{repository}/{file}")
        if hosted is None:
            self.send_error(404)
        elif is_bytes or not hosted.is_large:
            self._bytes(hosted)
        else:
            stated = {"X-Linked-ETag": f'"{hosted.sha256}"', "X-Linked-Size": str(len(hosted.content))}
            location = f"{self.server.elsewhere}{BYTES}{self.path}"
            self.reply(302, {"Location": location, "X-Repo-Commit": COMMIT, **stated, **hosted.statement})

    def _bytes(self, hosted: Hosted) -> None:
        if self.command == "GET" and hosted.faults:
            hosted.faults.pop(0)(self, hosted)
            return
        small = {"ETag": f'"{hosted.git_blob}"', "X-Repo-Commit": COMMIT} | hosted.statement
        self.send(hosted, hosted.content, {"ETag": hosted.etag} if hosted.is_large else small)

    def send(self, hosted: Hosted, content: bytes, headers: dict[str, str], most: int | None = None) -> None:
        """The range that is asked for, as far as `most` bytes of it."""
        first = self._first(headers.get("ETag"))
        if first >= len(content) > 0:
            self.send_error(416)
            return
        length = {"Content-Length": str(len(content) - first), **headers}
        if first:
            length["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        self.reply(206 if first else 200, length)
        if self.command == "GET":
            self.wfile.write(content[first:][:most])
            self.wfile.flush()

    def reply(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()

    def _first(self, etag: str | None) -> int:
        asked, condition = self.headers.get("Range"), self.headers.get("If-Range")
        if asked is None or (condition is not None and condition != etag):
            return 0
        return int(asked.removeprefix("bytes=").rstrip("-"))


Fault = Callable[[Handler, Hosted], None]


def cut(after: int) -> Fault:
    """The connection ends in the middle."""

    def fault(handler: Handler, hosted: Hosted) -> None:
        handler.send(hosted, hosted.content, {"ETag": hosted.etag}, most=after)

    return fault


def stall(after: int) -> Fault:
    """Nothing comes any more, and the connection stays."""

    def fault(handler: Handler, hosted: Hosted) -> None:
        handler.send(hosted, hosted.content, {"ETag": hosted.etag}, most=after)
        handler.server.stalled.set()
        handler.server.closing.wait()

    return fault


def drip(handler: Handler, hosted: Hosted) -> None:
    """A byte at a time: never a timeout, and never done."""
    handler.send(hosted, hosted.content, {"ETag": hosted.etag}, most=0)
    while not handler.server.closing.wait(0.02):
        handler.wfile.write(b"x")
        handler.wfile.flush()


def corrupt(handler: Handler, hosted: Hosted) -> None:
    """One bit is another."""
    content = bytearray(hosted.content)
    content[len(content) // 2] ^= 1
    handler.send(hosted, bytes(content), {"ETag": hosted.etag})


def another_length(by: int) -> Fault:
    """The bytes are more or fewer than the hub states."""

    def fault(handler: Handler, hosted: Hosted) -> None:
        content = hosted.content + bytes(by) if by > 0 else hosted.content[:by]
        handler.send(hosted, content, {"ETag": hosted.etag})

    return fault


def status(code: int) -> Fault:
    return lambda handler, hosted: handler.send_error(code)


def redirect(location: str) -> Fault:
    return lambda handler, hosted: handler.reply(302, {"Location": location, "Content-Length": "0"})


def without_ranges(handler: Handler, hosted: Hosted) -> None:
    """From the beginning, whatever is asked for."""
    handler.reply(200, {"Content-Length": str(len(hosted.content)), "ETag": hosted.etag})
    handler.wfile.write(hosted.content)


@contextmanager
def running() -> Iterator[Hub]:
    with Hub() as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            hub.closing.set()
            hub.shutdown()
            thread.join()
