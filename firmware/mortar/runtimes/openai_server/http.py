"""One HTTP/1.1 request over a connection of its own. h11 knows the protocol; what is here is the socket.

Bounded by whoever waits: cancelling closes the connection at once, wherever it is.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import h11

from mortar.errors import MortarError
from mortar.runtimes.openai_server.address import CHECK_ADDRESS, Address, resolved

CHUNK_bytes = 65_536


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


class Reply:
    """A reply whose headers are there. Raises MortarError where it is none of HTTP, or breaks off."""

    def __init__(self, wire: _Wire, status: int, headers: dict[str, str]) -> None:
        self._wire = wire
        self.status = status
        self.headers = headers
        """By name in lower case."""

    async def body(self) -> AsyncIterator[bytes]:
        """In the pieces in which it comes."""
        while isinstance(event := await self._wire.event(), h11.Data):
            yield bytes(event.data)

    async def start(self, most_bytes: int) -> bytes:
        """What the body begins with, at most so much of it."""
        held = b""
        async for piece in self.body():
            held += piece
            if len(held) >= most_bytes:
                break
        return held[:most_bytes]


class _Wire:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address) -> None:
        self._reader = reader
        self._writer = writer
        self._address = address
        self._http = h11.Connection(h11.CLIENT)

    async def send(self, request: Request) -> None:
        address = self._address
        host = str(address).split("://")[1].removesuffix(address.base)
        headers = [
            ("Host", host),
            ("Connection", "close"),
            ("Content-Length", str(len(request.body))),
            *request.headers,
        ]
        path = address.base + request.path
        head = self._http.send(h11.Request(method=request.method, target=path, headers=headers))
        body = self._http.send(h11.Data(request.body)) if request.body else b""
        self._http.send(h11.EndOfMessage())
        try:
            self._writer.write((head or b"") + (body or b""))
            await self._writer.drain()
        except OSError as error:
            raise self._broke_off(error) from None

    async def event(self) -> object:
        """The next of h11's events."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(CHUNK_bytes))
        except OSError as error:
            raise self._broke_off(error) from None
        except h11.RemoteProtocolError as error:
            raise MortarError(
                "server-broke-off",
                f"{self._address} broke off, or does not speak HTTP: {error}",
                "see the server's own log; another program may have its port",
            ) from None
        return event

    def _broke_off(self, error: OSError) -> MortarError:
        return MortarError(
            "server-broke-off",
            f"the connection to {self._address} was lost: {error.strerror or error}",
            "see the server's own log",
        )


@asynccontextmanager
async def exchange(
    address: Address, request: Request, *, allow_public: bool, connect_ms: float
) -> AsyncIterator[Reply]:
    """The reply to `request`; the connection is closed, not kept, at the end of the block or when it is
    cancelled. Raises MortarError."""
    reader, writer = await _connected(address, allow_public, connect_ms)
    try:
        wire = _Wire(reader, writer, address)
        await wire.send(request)
        event = await wire.event()
        while isinstance(event, h11.InformationalResponse):
            event = await wire.event()
        if not isinstance(event, h11.Response):
            raise MortarError(
                "server-broke-off",
                f"{address} closed the connection without a reply",
                "see the server's own log",
            )
        headers = {
            bytes(name).decode("latin-1"): bytes(held).decode("latin-1") for name, held in event.headers
        }
        yield Reply(wire, event.status_code, headers)
    finally:
        writer.transport.abort()


async def _connected(
    address: Address, allow_public: bool, connect_ms: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    secure = ssl.create_default_context() if address.is_encrypted else None
    why = "no answer"
    try:
        async with asyncio.timeout(connect_ms / 1e3):
            for ip in await resolved(address, allow_public):
                try:
                    return await asyncio.open_connection(
                        ip, address.port, ssl=secure, server_hostname=address.host if secure else None
                    )
                except OSError as error:  # ssl.SSLError is one
                    why = error.strerror or str(error)
    except TimeoutError:
        why = f"no connection within {connect_ms:.0f} ms"
    raise MortarError("server-unreachable", f"{address} cannot be reached: {why}", CHECK_ADDRESS)
