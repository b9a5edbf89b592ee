"""The life of a process that owns a unit: requests from the eye, one by one, until the eye is gone."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from mortar.errors import MortarError
from mortar.rings import dma
from mortar.runtimes.rknn import protocol
from mortar.runtimes.rknn.protocol import Attach, Done, Failed, Load, Loaded, Message, Run

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Shared:
    """Shared memory, which this process has mapped for reading and writing."""

    number: int
    descriptor: int
    mapping: mmap.mmap
    may_bind: bool
    """Whether the unit itself can be made to use it."""
    is_dma: bool

    @property
    def address(self) -> int:
        return ctypes.addressof(ctypes.c_char.from_buffer(self.mapping))


@dataclass(frozen=True)
class Region:
    """Bytes at an offset of shared memory; how many there are, the tensor says."""

    shared: Shared
    offset: int

    @property
    def address(self) -> int:
        return self.shared.address + self.offset

    def settle(self, flags: int) -> None:
        """A device has written there (dma.SYNC_READ), or is about to read: bring the processor's caches in
        step with it."""
        if self.shared.is_dma:
            with dma.cpu_access(self.shared.descriptor, flags):
                pass


class Engine(Protocol):
    """A MortarError that it raises may say by `is_broken` that another process may do better."""

    def load(self, load: Load) -> dict[str, str]:
        """Gives the versions of what it runs on."""

    def run(self, given: Region, out: Region) -> int:
        """Compute `out`. Gives how often the result was copied on its way there."""

    def close(self) -> None: ...


Hold = Callable[[str, float, float], AbstractContextManager[None]]
"""(reason, deadline_ms, wait_ms) → the unit, for as long as the block lasts."""


class Log:
    """What engines print, on any of the process's outputs: a file that the eye has given as both."""

    def said(self) -> str:
        sys.stdout.flush()
        return os.pread(2, 64 * 1024, 0).decode(errors="replace")

    def forget(self) -> None:
        """Begin anew, so that it never grows."""
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)


def die_with(parent: int) -> None:
    """End at once when the thread that started this process does, and whatever it is doing then."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it died before the line above
        os._exit(os.EX_UNAVAILABLE)


def serve(sock: socket.socket, engine: Engine, hold: Hold, log: Log) -> None:
    """Returns at the end of the eye's messages."""
    memories: dict[int, Shared] = {}
    while True:
        try:
            message, descriptors = protocol.receive(sock)
        except EOFError:
            break
        if isinstance(message, Attach):
            memories[message.memory] = _attached(message, descriptors[0])
            continue
        log.forget()
        protocol.send(sock, _answer(message, engine, hold, memories))
    engine.close()


def _attached(message: Attach, descriptor: int) -> Shared:
    mapping = mmap.mmap(descriptor, message.size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    return Shared(message.memory, descriptor, mapping, message.may_bind, dma.is_dma(descriptor))


def _answer(message: Message, engine: Engine, hold: Hold, memories: dict[int, Shared]) -> Message:
    try:
        match message:
            case Load():
                with hold("load a model", message.deadline_ms, message.wait_ms):
                    return Loaded(engine.load(message))
            case Run(given, out, wait_ms, deadline_ms):
                asked_s = time.monotonic()
                with hold("encode a picture", deadline_ms, wait_ms):
                    began_s = time.monotonic()
                    copies = engine.run(
                        Region(memories[given[0]], given[1]), Region(memories[out[0]], out[1])
                    )
                    ended_s = time.monotonic()
                return Done((began_s - asked_s) * 1e3, (ended_s - began_s) * 1e3, copies)
    except MortarError as error:
        return Failed(error.code, error.what, error.do, getattr(error, "is_broken", False))
    raise ValueError(f"not for a process that owns a unit: {message}")
