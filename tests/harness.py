"""Runs one brick's real `main` as a worker, over real socket pairs, with peers that a test scripts.

async with started(listen.main, peers=["assistant", "ears"]) as brick:
    await brick.ready()
    brick["ears"].send(AudioOffer(...), [descriptor])
    heard = await brick["assistant"].expect(Heard)
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from mortar import channel
from mortar.channel import Channel
from mortar.clock import now_ms
from mortar.messages import (
    AllReady,
    Failure,
    Message,
    PeerGone,
    Privacy,
    PrivacyObeyed,
    Ready,
    Start,
    Stop,
    Wire,
)
from mortar.privacy import NONE, Closed
from mortar.settings import RunOptions, Settings
from mortar.worker import Main, serve

M = TypeVar("M", bound=Message)

PATIENCE_S = 60.0
"""How long a test waits for a message that must come: generous, it only ends a hang."""


DEFAULTS = Settings()
NO_OPTIONS = RunOptions()


class Peer:
    """The other end of one of the brick's links."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[Message] = []
        """Every message that was taken from the link, in order."""
        self.descriptors: list[int] = []
        """Descriptors that came with the last message `expect` gave; closed by the harness."""
        self._inbox: asyncio.Queue[tuple[Message, list[int]] | None] = asyncio.Queue()
        self._owned: list[int] = []
        self._channel: Channel | None = None

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        assert self._channel is not None, f"{self.name} is not wired"
        self._channel.send(message, descriptors)

    async def expect(self, kind: type[M], patience_s: float = PATIENCE_S) -> M:
        """The next message of `kind`; what comes before it is skipped, and kept in `seen`."""
        async with asyncio.timeout(patience_s):
            while True:
                message, descriptors = await self._take(kind)
                if isinstance(message, kind):
                    self.descriptors = descriptors
                    return message

    async def _take(self, kind: type[M]) -> tuple[Message, list[int]]:
        mail = await self._inbox.get()
        if mail is None:
            self._inbox.put_nowait(None)
            raise AssertionError(
                f"the brick closed its link to {self.name} before {kind.__name__}; it had said {self.seen}"
            )
        message, descriptors = mail
        self.seen.append(message)
        self._owned += descriptors
        return message, descriptors

    def attach(self, sock: socket.socket) -> None:
        self._channel = Channel(
            sock,
            lambda message, descriptors: self._inbox.put_nowait((message, descriptors)),
            lambda: self._inbox.put_nowait(None),
        )

    def detach(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def release(self) -> None:
        """Close the link and every descriptor that came over it."""
        self.detach()
        while not self._inbox.empty():
            if mail := self._inbox.get_nowait():
                self._owned += mail[1]
        for descriptor in self._owned:
            os.close(descriptor)
        self._owned.clear()


class Brick:
    """A running brick: its peers by name, and "supervisor" for the control link."""

    def __init__(self, peers: Sequence[str]) -> None:
        self._peers = {name: Peer(name) for name in ("supervisor", *peers)}
        self._generations = dict.fromkeys(peers, 0)
        self._privacy = 0

    def __getitem__(self, name: str) -> Peer:
        return self._peers[name]

    async def ready(self) -> Ready:
        """Waits until the brick has loaded what it needs."""
        return await self["supervisor"].expect(Ready)

    async def failure(self) -> Failure:
        """The next error that the brick makes known."""
        return await self["supervisor"].expect(Failure)

    def wire(self, name: str) -> None:
        """Give the brick a new link to `name`, as the supervisor does after each start."""
        ours, theirs = channel.pair()
        self._generations[name] += 1
        self[name].detach()
        self[name].attach(ours)
        self["supervisor"].send(Wire(name, self._generations[name]), [theirs.fileno()])
        theirs.close()

    def switch(self, closed: Closed) -> None:
        """What may not be opened from now on, as the supervisor says it."""
        self._privacy += 1
        self["supervisor"].send(Privacy(closed, self._privacy))

    async def obeyed(self) -> None:
        """Waits until the brick has said that the last `switch` is in force."""
        while (await self["supervisor"].expect(PrivacyObeyed)).number != self._privacy:
            pass

    def die(self, name: str) -> None:
        """The peer dies: its link closes, then the supervisor confirms its exit."""
        self[name].detach()
        self["supervisor"].send(PeerGone(name, self._generations[name]))


@asynccontextmanager
async def started(
    main: Main,
    peers: Sequence[str],
    *,
    name: str = "brick",
    settings: Settings = DEFAULTS,
    run: RunOptions = NO_OPTIONS,
    restarts: int = 0,
    started_ms: float | None = None,
    all_ready: bool = True,
    closed: Closed | None = NONE,
) -> AsyncIterator[Brick]:
    """Start `main` with a link to each of `peers`; on the way out it is told to stop, and must.

    A recording that plays the microphone waits for AllReady: it is sent, unless not `all_ready`. No device
    is opened before the brick knows which stay `closed`; with None it is never told.

    A brick that ended by itself (a MortarError) has said so to brick["supervisor"]; any other
    exception of `main` is raised here.
    """
    brick = Brick(peers)
    ours, theirs = channel.pair()
    brick["supervisor"].attach(ours)
    start = Start(name, settings, run, restarts, now_ms() if started_ms is None else started_ms)
    worker = asyncio.create_task(serve(main, start, theirs), name=name)
    if closed is not None:
        brick.switch(closed)
    for peer in peers:
        brick.wire(peer)
    if run.mic is not None and all_ready:
        brick["supervisor"].send(AllReady())
    try:
        yield brick
    finally:
        brick["supervisor"].send(Stop())
        async with asyncio.timeout(PATIENCE_S):
            await worker
        for peer in (*peers, "supervisor"):
            brick[peer].release()
