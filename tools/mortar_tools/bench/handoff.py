"""`mortar tools bench handoff`: tokens from one process to another, token ring against a queue.

A hand-off begins with the encoder's output in its engine and ends when the reader, another
process, has read every value once. Both ways pay for the engine's one copy out of itself; the ring
has it go into the slot. Ring and queue take turns, so that both meet the same machine.
"""

from __future__ import annotations

import multiprocessing
import resource
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np

from mortar import channel
from mortar.clock import now_ms
from mortar.messages import RingOffer
from mortar.rings.slots import Policy
from mortar.rings.token_reader import TokenRingReader
from mortar.rings.token_ring import Embeddings, TokenRingWriter
from mortar_tools.bench.figures import Figure, bench, figure

SHAPES = (
    (16, 256),  # the bundled picture cards
    (576, 896),  # a 336-pixel CLIP tower into Qwen2-0.5B
    (729, 896),  # a 384-pixel SigLIP tower into Qwen2-0.5B, LLaVA-OneVision's smallest
)
"""[n_tok, n_embd] of what is handed over."""

AGAINST = "multiprocessing.Queue, same tokens"

WARM_UP = 3
"""Hand-offs before counting begins: the reader's pages of the ring are mapped in the first."""

Where = tuple[int, int]
"""Inode of a mapped file and the offset in it: equal in two processes for the same memory."""


@dataclass(frozen=True)
class Arrival:
    """What the reader says of one hand-off."""

    t_ms: float
    faults: int
    where: Where | None
    checksum: float


@dataclass(frozen=True)
class Handoff:
    ms: float
    faults: int
    same_memory: bool


def measure(n: int) -> Iterator[Figure]:
    """Measure `n` hand-offs each way for every shape."""
    for shape in SHAPES:
        by_ring, by_queue = hand_over(shape, n)
        name = f"handoff_{shape[0]}x{shape[1]}"
        ratios = [ring.ms / queue.ms for ring, queue in zip(by_ring, by_queue, strict=True)]
        yield figure(f"{name}_ratio", ratios, "ratio", AGAINST)
        for way, handoffs in (("ring", by_ring), ("queue", by_queue)):
            yield figure(f"{name}_{way}_ms", [handoff.ms for handoff in handoffs], "ms")
            yield figure(f"{name}_{way}_faults", [handoff.faults for handoff in handoffs], "faults")
            same = [float(handoff.same_memory) for handoff in handoffs]
            yield figure(f"{name}_{way}_same_memory", same, "share")


def hand_over(shape: tuple[int, int], n: int) -> tuple[list[Handoff], list[Handoff]]:
    """`n` hand-offs by ring and by queue, taking turns."""
    context = multiprocessing.get_context("fork")
    link, readers_link = channel.pair()
    arrivals, report = context.Pipe(duplex=False)
    queue: Queue[Embeddings] = context.Queue()
    rounds = WARM_UP + n
    reader = context.Process(target=_read, args=(readers_link, queue, report, rounds), daemon=True)
    reader.start()
    # The reader has these now; kept here as well they would hide its death.
    readers_link.close()
    report.close()
    writer = TokenRingWriter(3, shape[0], shape[1], 3 * shape[0], Policy.BLOCK)
    channel.send(link, writer.offer(), [writer.descriptor])
    writer.connect(partial(channel.send, link))
    output = np.random.default_rng(seed=7).standard_normal(shape, np.float32)
    by_ring, by_queue = [], []
    for turn in range(rounds):
        by_ring.append(_by_ring(writer, link, arrivals, output, turn))
        by_queue.append(_by_queue(queue, arrivals, output))
    reader.join()
    queue.close()
    writer.close()
    link.close()
    return by_ring[WARM_UP:], by_queue[WARM_UP:]


def _by_ring(
    writer: TokenRingWriter, link: socket.socket, arrivals: Connection, output: Embeddings, turn: int
) -> Handoff:
    began_ms = now_ms()
    slot = writer.acquire(len(output))
    if slot is None:
        raise RuntimeError("the ring is full although its reader has released every slot")
    slot.array[:] = output
    slot.commit(turn)
    handoff = _arrived(arrivals, output, began_ms, _where(slot.address))
    for _ in ("taken", "released"):
        writer.handle(channel.receive(link)[0])
    return handoff


def _by_queue(queue: Queue[Embeddings], arrivals: Connection, output: Embeddings) -> Handoff:
    began_ms = now_ms()
    own = output.copy()
    queue.put(own)
    return _arrived(arrivals, output, began_ms, _where(own.ctypes.data))


def _arrived(arrivals: Connection, output: Embeddings, began_ms: float, written: Where | None) -> Handoff:
    arrival: Arrival = arrivals.recv()
    if arrival.checksum != float(output.sum()):
        raise RuntimeError("the reader got other tokens than were written")
    same = written is not None and arrival.where == written
    return Handoff(arrival.t_ms - began_ms, arrival.faults, same)


def _read(link: socket.socket, queue: Queue[Embeddings], report: Connection, rounds: int) -> None:
    """The reader's process."""
    offer, descriptors = channel.receive(link)
    assert isinstance(offer, RingOffer)
    reader = TokenRingReader(offer, descriptors[0], partial(channel.send, link))
    for _ in range(rounds):
        before = _faults()
        reader.handle(channel.receive(link)[0])
        slot = reader.take_newest()
        assert slot is not None
        with slot:
            _tell(report, slot.array, slot.address, before)
        before = _faults()
        array = queue.get()
        _tell(report, array, array.ctypes.data, before)


def _tell(report: Connection, array: Embeddings, address: int, faults_before: int) -> None:
    checksum = float(array.sum())
    t_ms = now_ms()
    report.send(Arrival(t_ms, _faults() - faults_before, _where(address), checksum))


def _faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def _where(address: int) -> Where | None:
    """Which file's bytes lie at `address` (proc(5), /proc/PID/maps); None for private memory."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, _, offset, _, inode, *_ = line.split()
        begin, end = (int(bound, 16) for bound in span.split("-"))
        if begin <= address < end:
            return (int(inode), int(offset, 16) + address - begin) if inode != "0" else None
    return None


def main(argv: list[str] | None = None) -> int:
    return bench(argv, "handoff", __doc__, 101, lambda folder, n: measure(n))
