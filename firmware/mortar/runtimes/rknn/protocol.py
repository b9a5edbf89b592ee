"""What the eye and a process that owns a unit say to each other: JSON over SOCK_SEQPACKET.

Pictures and embeddings lie in shared memory, whose descriptors travel with `Attach`. Requests are answered
one by one, in order; end-of-file ends the process. Not `mortar.channel`: that process would load asyncio and
every message of Mortar's for it, and have half as much memory again.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

LARGEST_bytes = 64 * 1024

MOST_DESCRIPTORS = 1


@dataclass(frozen=True)
class Load:
    """Load `model`; answered with Loaded or Failed. Memory of both tensors is dense, in C order."""

    model: str
    given_type: str
    """ "uint8" or "float32"."""
    given_shape: Sequence[int]
    out_shape: Sequence[int]
    """Of the output, which is float32."""
    wait_ms: float
    """Longest wait for the unit, where others use it."""
    deadline_ms: float


@dataclass(frozen=True)
class Loaded:
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attach:
    """Shared memory of `size` bytes, whose descriptor travels along; not answered."""

    memory: int
    """The number by which later messages mean it."""
    size: int
    may_bind: bool
    """Whether it is of a kind that the unit itself can write to (a DMA-BUF)."""


@dataclass(frozen=True)
class Run:
    """Compute; answered with Done or Failed."""

    given: Sequence[int]
    """Memory and offset in bytes."""
    out: Sequence[int]
    wait_ms: float
    deadline_ms: float


@dataclass(frozen=True)
class Done:
    waited_ms: float
    """For the unit, while others used it."""
    ran_ms: float
    copies: int
    """Of the result, on its way to where it was wanted."""


@dataclass(frozen=True)
class Failed:
    code: str
    what: str
    do: str
    is_broken: bool
    """The process is of no more use, and another may do better."""


Message = Load | Loaded | Attach | Run | Done | Failed

_KINDS = {kind.__name__: kind for kind in (Load, Loaded, Attach, Run, Done, Failed)}


def send(sock: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Raises OSError (BrokenPipeError) where the other end has gone."""
    data = json.dumps({"is": type(message).__name__, **asdict(message)}).encode()
    socket.send_fds(sock, [data], list(descriptors))


def receive(sock: socket.socket) -> tuple[Message, list[int]]:
    """The next message and its descriptors, which are the caller's. Raises EOFError at the end."""
    try:
        data, descriptors, _, _ = socket.recv_fds(sock, LARGEST_bytes, MOST_DESCRIPTORS)
    except ConnectionResetError:
        data, descriptors = b"", []
    if not data:
        raise EOFError
    fields = json.loads(data)
    message: Message = _KINDS[fields.pop("is")](**fields)
    return message, list(descriptors)
