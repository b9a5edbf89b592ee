"""Typed messages and descriptors over a Unix socket pair.

SOCK_SEQPACKET keeps message boundaries, so a message is there whole or not at all, and the
descriptors that travel with it (SCM_RIGHTS) belong to it. `send` and `receive` block and suit the
single-threaded zygote; `Channel` is the same for asyncio.
"""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from mortar import messages
from mortar.messages import Message

LARGEST_MESSAGE = 64 * 1024
"""Bytes. Control is small: whatever would not fit is payload and belongs in shared memory."""

MOST_DESCRIPTORS = 4
"""Descriptors that one message may carry."""

LONGEST_BACKLOG = 4_096
"""Messages waiting for a peer that does not read; beyond that the peer counts as dead."""


class ChannelClosed(Exception):
    """The other end has gone."""


def pair() -> tuple[socket.socket, socket.socket]:
    """A connected pair of sockets for one link."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(sock: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Send one message. Raises ChannelClosed, or BlockingIOError on a full non-blocking socket."""
    _send_bytes(sock, messages.encode(message), descriptors)


def receive(sock: socket.socket) -> tuple[Message, list[int]]:
    """Receive one message and its descriptors (close-on-exec, owned by the caller).

    Raises ChannelClosed at end-of-file and for anything that is no message.
    """
    try:
        data, descriptors, flags = _receive_bytes(sock)
    except ConnectionResetError:
        # The peer ended with mail of ours unread. Linux says so once, in front of the peer's own
        # last messages; among them may be why it ended.
        data, descriptors, flags = _receive_bytes(sock)
    if not data:
        _close_all(descriptors)
        raise ChannelClosed
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        _close_all(descriptors)
        raise ChannelClosed("a message was larger than a message may be")
    try:
        return messages.decode(data), descriptors
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        _close_all(descriptors)
        raise ChannelClosed(f"not a message: {error}") from None


class Channel:
    """One end of a link, in an asyncio loop.

    `on_message(message, descriptors)` is called for each message, and owns the descriptors;
    `on_closed()` is called once, when the other end has gone and all that it sent was delivered.
    Sending never blocks: what the socket does not take is kept, in order, until it does.
    """

    def __init__(
        self,
        sock: socket.socket,
        on_message: Callable[[Message, list[int]], None],
        on_closed: Callable[[], None],
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._on_message = on_message
        self._on_closed = on_closed
        self._backlog: deque[tuple[bytes, list[int]]] = deque()
        self._open = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._readable)

    @property
    def is_open(self) -> bool:
        return self._open

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Send, or keep until the peer reads. A closed channel swallows: its end is announced."""
        if not self._open:
            return
        data = messages.encode(message)
        if not self._backlog:
            try:
                _send_bytes(self._sock, data, descriptors)
                return
            except BlockingIOError:
                self._loop.add_writer(self._sock, self._writable)
            except ChannelClosed:
                return  # the reader finds the end too, behind what the peer said before it
        if len(self._backlog) >= LONGEST_BACKLOG:
            self.close()
            # Not from inside the caller's send: nobody expects to be called back there.
            self._loop.call_soon(self._on_closed)
            return
        self._backlog.append((data, [os.dup(descriptor) for descriptor in descriptors]))

    def drain(self) -> None:
        """Deliver now what has arrived: all that there will be, once the peer is known to be dead."""
        self._readable()

    def close(self) -> None:
        """Close this end; `on_closed` is not called."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        while self._backlog:
            _close_all(self._backlog.popleft()[1])
        self._sock.close()

    def _readable(self) -> None:
        while self._open:
            try:
                message, descriptors = receive(self._sock)
            except BlockingIOError:
                return
            except ChannelClosed:
                self.close()
                self._on_closed()
                return
            self._on_message(message, descriptors)

    def _writable(self) -> None:
        while self._backlog:
            data, descriptors = self._backlog[0]
            try:
                _send_bytes(self._sock, data, descriptors)
            except BlockingIOError:
                return
            except ChannelClosed:
                pass  # nobody will read it; the reader finds the end
            self._backlog.popleft()
            _close_all(descriptors)
        self._loop.remove_writer(self._sock)


def _send_bytes(sock: socket.socket, data: bytes, descriptors: Sequence[int]) -> None:
    if len(data) > LARGEST_MESSAGE:
        raise ValueError(f"a message of {len(data)} bytes; payload belongs in shared memory")
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
    try:
        sock.sendmsg([data], rights if descriptors else [], socket.MSG_NOSIGNAL)
    except (ConnectionError, BrokenPipeError):
        raise ChannelClosed from None


def _receive_bytes(sock: socket.socket) -> tuple[bytes, list[int], int]:
    # Not socket.recv_fds: it does not pass the flag on (Python 3.11).
    room = socket.CMSG_LEN(MOST_DESCRIPTORS * array.array("i").itemsize)
    data, rights, flags, _ = sock.recvmsg(LARGEST_MESSAGE, room, socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for _, _, packed in rights:
        descriptors.frombytes(packed)
    return data, list(descriptors), flags


def _close_all(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
