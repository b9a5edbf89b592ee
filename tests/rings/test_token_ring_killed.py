"""Two real processes share a token ring; one is killed with SIGKILL at every transition.

A life is a generator that acts out one end of the ring in a forked process. It yields the name of
each transition when it has passed, and goes on when told to, so that the death falls exactly there.
"""

import gc
import os
import select
import signal
import socket
import traceback
from functools import partial

import pytest

from mortar import channel
from mortar.messages import RingOffer
from mortar.rings.slots import Policy
from mortar.rings.token_reader import TokenRingReader
from mortar.rings.token_ring import TokenRingWriter

SLOTS, SLOT_TOK, N_EMBD = 2, 4, 8
LONGEST_S = 30
"""Nothing here takes a second; a test that waits this long has failed."""


class Actor:
    """A forked process that lives a life, step by step."""

    def __init__(self, life):
        self.link, its_link = channel.pair()
        self.orders, its_orders = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            self.link.close()
            self.orders.close()
            _act(life(its_link), its_orders)
        its_link.close()
        its_orders.close()
        self.orders.settimeout(LONGEST_S)
        self.pidfd = os.pidfd_open(self.pid)

    def step(self):
        """Let it go on to its next transition; gives the transition's name, "" at its end."""
        self.orders.send(b".")
        return self.orders.recv(100).decode().strip()

    def live_until(self, transition):
        passed = []
        while not passed or passed[-1] != transition:
            passed.append(self.step())
            assert passed[-1], f"its life ended before {transition!r}: {passed}"

    def kill(self):
        """SIGKILL; returns once the pidfd confirms the exit."""
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        assert poll.poll(LONGEST_S * 1000), "it did not end"
        os.waitpid(self.pid, 0)
        os.close(self.pidfd)
        self.orders.close()

    def messages(self):
        """What it sent and this process has not received yet."""
        self.link.setblocking(False)
        while True:
            try:
                yield channel.receive(self.link)
            except (BlockingIOError, channel.ChannelClosed):
                self.link.setblocking(True)
                return


def _act(life, orders):
    status = 1
    try:
        while orders.recv(1):
            orders.send(f"{next(life, '')}\n".encode())
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


@pytest.fixture
def born():
    """Starts actors, and at the end of the test ends them and looks for what they left."""
    gc.collect()  # what earlier tests in this process have let go of is not to vanish in the middle
    before = open_files(), ring_mappings()
    living = []

    def start(life):
        living.append(Actor(life))
        return living[-1]

    yield start
    for actor in living:
        actor.link.close()
        if actor.orders.fileno() >= 0:
            actor.kill()
    assert (open_files(), ring_mappings()) == before, "descriptors or shared memory were left behind"


def open_files():
    return sorted(os.listdir("/proc/self/fd"))


def ring_mappings():
    with open("/proc/self/maps") as maps:
        return [line for line in maps if "mortar-tokens" in line]


# --- the reader dies ----------------------------------------------------------------------------


def quick_reader(link):
    """Takes the older slot before it hears that the writer wants it back."""
    offer, (descriptor,) = channel.receive(link)
    reader = TokenRingReader(offer, descriptor, partial(channel.send, link))
    yield "attached"
    reader.handle(channel.receive(link)[0])
    yield "told of one slot"
    reader.handle(channel.receive(link)[0])
    yield "told of two slots"
    slot = reader.take_oldest()
    yield "taken"
    reader.handle(channel.receive(link)[0])
    yield "recalled while reading"
    assert (slot.array == slot.turn).all()
    slot.release()
    yield "released"
    with reader.take_newest() as slot:
        yield "second taken"
        assert (slot.array == slot.turn).all()
    yield "second released"


def slow_reader(link):
    """Hears that the older slot is wanted back before it takes any."""
    offer, (descriptor,) = channel.receive(link)
    reader = TokenRingReader(offer, descriptor, partial(channel.send, link))
    for _ in range(3):
        reader.handle(channel.receive(link)[0])
    yield "given back on recall"
    with reader.take_newest() as slot:
        yield "newest taken"
        assert (slot.array == slot.turn).all()
    yield "newest released"


READERS_END = [
    *[(quick_reader, at) for at in ("attached", "told of one slot", "told of two slots", "taken")],
    *[(quick_reader, at) for at in ("recalled while reading", "released", "second taken", "second released")],
    *[(slow_reader, at) for at in ("given back on recall", "newest taken", "newest released")],
]


def reading_reader(link):
    """The next reader: reads what it is told of, for as long as it lives."""
    offer, (descriptor,) = channel.receive(link)
    reader = TokenRingReader(offer, descriptor, partial(channel.send, link))
    while True:
        reader.handle(channel.receive(link)[0])
        if slot := reader.take_oldest():
            with slot:
                assert (slot.array == slot.turn).all()
                yield f"read {slot.turn}"


def put(writer, turn):
    with writer.acquire(SLOT_TOK) as slot:
        slot.array[:] = turn
        slot.commit(turn)


def introduce(writer, actor):
    """What a brick does with a new link."""
    channel.send(actor.link, writer.offer(), [writer.descriptor])
    writer.connect(partial(channel.send, actor.link))


@pytest.mark.parametrize("heard", [True, False], ids=["its messages arrive", "its messages are lost"])
@pytest.mark.parametrize(("life", "dies_at"), READERS_END, ids=lambda held: getattr(held, "__name__", held))
def test_the_reader_is_killed(born, life, dies_at, heard):
    """Wherever the reader dies, a next one gets what is unread, and then the whole ring."""
    writer = TokenRingWriter(SLOTS, SLOT_TOK, N_EMBD, SLOTS * SLOT_TOK, Policy.DROP_OLDEST)
    victim = born(life)
    introduce(writer, victim)
    put(writer, turn=1)
    put(writer, turn=2)
    assert writer.acquire(SLOT_TOK) is None  # asks for turn 1 back
    victim.live_until(dies_at)
    victim.kill()
    if heard:
        for message, _ in victim.messages():
            writer.handle(message)
    writer.reader_gone()

    successor = born(reading_reader)
    introduce(writer, successor)
    unread = writer.counts()["ready_to_read"]
    reads = [successor.step() for _ in range(unread)]
    assert reads == ["read 1", "read 2"][SLOTS - unread :]
    for turn in (3, 4, 5):
        while (slot := writer.acquire(SLOT_TOK)) is None:
            writer.handle(channel.receive(successor.link)[0])
        with slot:
            slot.array[:] = turn
            slot.commit(turn)
        assert successor.step() == f"read {turn}"
    successor.orders.send(b".")  # leave the last slot
    while writer.counts()["free"] < SLOTS:
        writer.handle(channel.receive(successor.link)[0])
    assert writer.counts()["in_flight_tok"] == 0
    writer.close()


# --- the writer dies ----------------------------------------------------------------------------


def writer_life(link):
    writer = TokenRingWriter(SLOTS, SLOT_TOK, N_EMBD, SLOTS * SLOT_TOK, Policy.DROP_OLDEST)
    yield "made"
    channel.send(link, writer.offer(), [writer.descriptor])
    writer.connect(partial(channel.send, link))
    yield "offered"
    slot = writer.acquire(SLOT_TOK)
    slot.array[0] = 1
    yield "half written"
    slot.array[:] = 1
    slot.commit(1)
    yield "committed"
    put(writer, turn=2)
    yield "full"
    assert writer.acquire(SLOT_TOK) is None
    yield "recalling"
    writer.handle(channel.receive(link)[0])
    assert writer.acquire(SLOT_TOK) is None  # turn 1 has been taken: turn 2 must go
    yield "recalling the next"
    writer.handle(channel.receive(link)[0])
    slot = writer.acquire(SLOT_TOK)
    slot.array[:] = 3
    yield "overwriting"
    slot.commit(3)
    yield "committed again"
    while writer.counts()["free"] < SLOTS:
        writer.handle(channel.receive(link)[0])
    yield "all free"


class Reading:
    """A reader in this process, on the link to an actor that writes; it keeps the first slot."""

    def __init__(self, actor):
        self.actor = actor
        self.reader = None
        self.slot = None

    def follow_until(self, transition):
        """Let the writer live until then, and take in what it says on the way."""
        while (passed := self.actor.step()) != transition:
            assert passed, f"its life ended before {transition!r}"
            self.catch_up()

    def catch_up(self):
        for message, descriptors in self.actor.messages():
            if isinstance(message, RingOffer):
                send = partial(channel.send, self.actor.link)
                self.reader = TokenRingReader(message, descriptors[0], send)
            else:
                self.reader.handle(message)
        if self.reader is not None and self.slot is None:
            self.slot = self.reader.take_oldest()


WRITERS_END = (
    "made",
    "offered",
    "half written",
    "committed",
    "full",
    "recalling",
    "recalling the next",
    "overwriting",
    "committed again",
)


@pytest.mark.parametrize("dies_at", WRITERS_END)
def test_the_writer_is_killed(born, dies_at):
    """Wherever the writer dies, what is being read stays whole, and the next ring works."""
    victim = Reading(born(writer_life))
    victim.follow_until(dies_at)
    victim.actor.kill()
    if victim.reader is not None:
        victim.reader.close()

    successor = Reading(born(writer_life))
    successor.follow_until("committed again")
    for reading in (victim, successor):
        if reading.slot is not None:
            assert reading.slot.turn == 1 and (reading.slot.array == 1).all()
            reading.slot.release()
    successor.catch_up()
    with successor.reader.take_oldest() as slot:
        assert slot.turn == 3 and (slot.array == 3).all()
    del slot
    successor.follow_until("all free")
    successor.reader.close()
