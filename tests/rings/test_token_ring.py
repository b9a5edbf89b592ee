"""The token ring's two ends, joined by plain lists of messages."""

import asyncio
import gc
import os
import re

import numpy as np
import pytest

from mortar.errors import MortarError
from mortar.messages import RingOffer, SlotReady, SlotReleased, SlotTaken
from mortar.rings.slots import IllegalTransition, Policy
from mortar.rings.token_reader import TokenRingReader
from mortar.rings.token_ring import TokenRingWriter


class Pair:
    """Writer and reader of a ring, and the messages between them."""

    def __init__(self, slots=2, slot_tok=4, budget_tok=8, policy=Policy.BLOCK):
        self.to_reader, self.to_writer = [], []
        self.writer = TokenRingWriter(slots, slot_tok, 3, budget_tok, policy)
        self.writer.connect(self.to_reader.append)
        offer, descriptor = self.writer.offer(), os.dup(self.writer.descriptor)
        self.reader = TokenRingReader(offer, descriptor, self.to_writer.append)

    def put(self, turn, n_tok=4):
        with self.writer.acquire(n_tok) as slot:
            slot.array[:] = turn
            slot.commit(turn)

    def deliver(self):
        """Deliver all messages, also those that delivering brings about."""
        while self.to_reader or self.to_writer:
            for messages, end in ((self.to_reader, self.reader), (self.to_writer, self.writer)):
                while messages:
                    end.handle(messages.pop(0))


def test_what_is_written_is_read_in_place():
    """The reader's array is the shared memory itself, at the address that llama_batch takes."""
    ring = Pair()
    ring.put(turn=7, n_tok=3)
    ring.deliver()
    with ring.reader.take_newest() as slot:
        assert slot.turn == 7 and slot.n_tok == 3
        assert slot.array.shape == (3, 3) and slot.array.dtype == np.float32
        assert slot.address == slot.array.ctypes.data
        assert slot.address in mapped("mortar-tokens")
        assert (slot.array == 7).all()
        with pytest.raises(ValueError, match="read-only"):
            slot.array[0, 0] = 1


def mapped(name):
    """The addresses at which this process maps memory called `name`."""
    with open("/proc/self/maps") as maps:
        spans = [re.match(r"(\w+)-(\w+)", line).groups() for line in maps if name in line]
    return Spans((int(begin, 16), int(end, 16)) for begin, end in spans)


class Spans(list):
    def __contains__(self, address):
        return any(begin <= address < end for begin, end in self)


def test_the_writers_view_lies_in_the_shared_memory():
    """No copy at the writer's end either; after the commit its view refuses to be written."""
    ring = Pair()
    slot = ring.writer.acquire(4)
    assert slot.address == slot.array.ctypes.data and slot.address in mapped("mortar-tokens")
    slot.commit(turn=1)
    with pytest.raises(ValueError, match="read-only"):
        slot.array[0, 0] = 1


def test_an_error_while_writing_frees_the_slot():
    """Leaving the with-block without a commit abandons: the reader never hears of the slot."""
    ring = Pair()
    with pytest.raises(ZeroDivisionError), ring.writer.acquire(4):
        raise ZeroDivisionError
    assert ring.writer.counts()["free"] == 2 and ring.to_reader == []


def test_a_slot_leaves_the_writers_hands_once():
    """Committing twice, or abandoning what was committed, is a defect."""
    slot = Pair().writer.acquire(4)
    slot.commit(turn=1)
    for again in (lambda: slot.commit(turn=1), slot.abandon):
        with pytest.raises(IllegalTransition):
            again()


def test_the_newest_wins_and_older_ones_go_back_unread():
    """Newest of all; or newest of a turn, where younger ones of other turns stay."""
    ring = Pair(slots=4, budget_tok=16)
    for turn in (1, 2, 2, 3):
        ring.put(turn)
    ring.deliver()
    with ring.reader.take_newest(turn=2) as slot:
        assert slot.turn == 2
        ring.deliver()
        counts = ring.writer.counts()
        assert (counts["allocated_for_read"], counts["ready_to_read"], counts["dropped"]) == (1, 1, 2)
    assert ring.reader.take_newest(turn=2) is None
    assert ring.reader.take_oldest().turn == 3


def test_the_oldest_is_read_first_where_order_matters():
    """take_oldest leaves the younger ones unread."""
    ring = Pair()
    ring.put(turn=1)
    ring.put(turn=2)
    ring.deliver()
    assert [ring.reader.take_oldest().turn for _ in range(2)] == [1, 2]
    assert ring.reader.take_oldest() is None


def test_a_full_ring_blocks_until_the_reader_is_done():
    """Under BLOCK the writer waits without polling, and one release wakes it."""

    async def scene():
        ring = Pair()
        ring.put(turn=1)
        ring.put(turn=2)
        waiting = asyncio.create_task(ring.writer.acquire_async(4))
        ring.deliver()
        with ring.reader.take_oldest():
            ring.deliver()
            await asyncio.sleep(0)
            assert not waiting.done()
        ring.deliver()
        return await asyncio.wait_for(waiting, timeout=10)

    assert asyncio.run(scene()).array.shape == (4, 3)


def test_a_full_ring_drops_the_oldest_unread():
    """Under DROP_OLDEST the oldest is recalled, and after the reader's answer there is room."""
    ring = Pair(policy=Policy.DROP_OLDEST)
    ring.put(turn=1)
    ring.put(turn=2)
    ring.deliver()
    assert ring.writer.acquire(4) is None
    ring.deliver()
    ring.put(turn=3)
    ring.deliver()
    assert [ring.reader.take_oldest().turn for _ in range(2)] == [2, 3]
    assert ring.writer.counts()["dropped"] == 1


def test_a_recall_that_comes_too_late_drops_nothing():
    """The reader took the slot while the recall was under way: it keeps it, the next one goes."""

    async def scene():
        ring = Pair(policy=Policy.DROP_OLDEST)
        ring.put(turn=1)
        ring.put(turn=2)
        ring.deliver()
        waiting = asyncio.create_task(ring.writer.acquire_async(4))
        await asyncio.sleep(0)  # the recall of turn 1 is under way now
        with ring.reader.take_oldest() as slot:
            for _ in range(5):  # recall refused, next recall, its answer, and the waiting task's turns
                ring.deliver()
                await asyncio.sleep(0)
            with waiting.result() as written:
                written.array[:] = 9
            assert slot.turn == 1 and (slot.array == 1).all()
        return ring.writer.counts()["dropped"]

    assert asyncio.run(scene()) == 1


def test_the_budget_recalls_as_many_slots_as_it_takes():
    """Three slots of 2 tokens fill a budget of 6; 4 tokens need two of them back."""
    ring = Pair(slots=4, budget_tok=6, policy=Policy.DROP_OLDEST)
    for turn in (1, 2, 3):
        ring.put(turn, n_tok=2)
    ring.deliver()
    assert ring.writer.acquire(4) is None
    ring.deliver()
    ring.put(turn=4)
    assert ring.writer.counts()["in_flight_tok"] == 6


def test_without_a_reader_the_oldest_is_dropped_at_once():
    """Nobody is there to be asked."""
    writer = TokenRingWriter(2, 4, 3, 8, Policy.DROP_OLDEST)
    for turn in (1, 2, 3):
        writer.acquire(4).commit(turn)
    announced = []
    writer.connect(announced.append)
    assert [message.turn for message in announced] == [2, 3]


def test_the_next_reader_is_told_what_its_predecessor_did_not_read():
    """Unread tokens survive a reader; what it was reading is free, its late messages are ignored."""
    ring = Pair()
    ring.put(turn=1)
    ring.put(turn=2)
    ring.deliver()
    slot = ring.reader.take_oldest()
    ring.deliver()
    slot.release()
    late = ring.to_writer.pop()
    ring.writer.reader_gone()
    assert ring.writer.handle(late) is False
    announced = []
    ring.writer.connect(announced.append)
    assert [message.turn for message in announced] == [2]
    assert ring.writer.counts()["free"] == 1


def test_a_recall_that_a_dead_reader_did_not_answer_is_repeated():
    """The next reader is asked in its turn; while there is none the writer drops by itself."""
    ring = Pair(policy=Policy.DROP_OLDEST)
    ring.put(turn=1)
    ring.put(turn=2)
    assert ring.writer.acquire(4) is None
    ring.writer.reader_gone()
    announced = []
    ring.writer.connect(announced.append)
    assert ring.writer.acquire(4) is None
    assert announced[-1] == ring.to_reader[-1], "turn 1 is asked for once more"
    ring.writer.reader_gone()
    ring.put(turn=3)
    assert ring.writer.counts()["dropped"] == 1


@pytest.mark.parametrize("helps", ["reader_gone", "abandon"])
def test_whatever_frees_a_slot_wakes_the_writer(helps):
    """Also the death of the reader, and a write that came to nothing."""

    async def scene():
        ring = Pair()
        ring.put(turn=1)
        ring.deliver()
        with ring.reader.take_oldest():
            ring.deliver()
            other = ring.writer.acquire(4)
            waiting = asyncio.create_task(ring.writer.acquire_async(4))
            await asyncio.sleep(0)
            ring.writer.reader_gone() if helps == "reader_gone" else other.abandon()
            return await asyncio.wait_for(waiting, timeout=10)

    assert asyncio.run(scene()).array.shape == (4, 3)


def test_a_second_reader_before_the_first_is_gone_is_refused():
    """A lost link alone proves nothing: the old reader might still be reading."""
    ring = Pair()
    with pytest.raises(IllegalTransition):
        ring.writer.connect(print)


def test_messages_for_the_ring_of_a_dead_writer_do_not_fit_the_next_ring():
    """A reader that finishes late, over the new link, must not free the new writer's slot."""
    old, new = Pair(), Pair()
    for ring in (old, new):
        ring.put(turn=1)
        ring.deliver()
    with old.reader.take_oldest(), new.reader.take_oldest() as reading:
        new.deliver()
        old.to_writer.append(SlotReleased(0, old.to_writer[0].generation))
        assert [new.writer.handle(message) for message in old.to_writer] == [False, False]
        assert new.writer.counts()["allocated_for_read"] == 1
        assert (reading.array == 1).all()


def test_a_closed_reader_is_silent_but_its_slot_stays_readable():
    """The brick may be inside llama_decode when the writer dies: the memory must stay."""
    ring = Pair()
    ring.put(turn=1)
    ring.deliver()
    slot = ring.reader.take_oldest()
    ring.to_writer.clear()
    ring.reader.close()
    ring.writer.close()
    del ring.writer
    assert (slot.array == 1).all()
    slot.release()
    assert ring.to_writer == []


@pytest.mark.parametrize("n_tok", [0, 5, 100])
def test_tokens_that_never_fit_are_a_clear_error(n_tok):
    """Waiting for room would be waiting for ever."""
    with pytest.raises(MortarError) as caught:
        Pair(slot_tok=4).writer.acquire(n_tok)
    assert caught.value.code == "ring-too-small"


def test_an_offer_of_another_shape_is_refused():
    """The reader checks the memory against the offer, and closes the descriptor even so."""
    writer = TokenRingWriter(2, 4, 3, 8, Policy.BLOCK)
    descriptor = os.dup(writer.descriptor)
    with pytest.raises(MortarError) as caught:
        TokenRingReader(RingOffer(slots=2, slot_tok=4, n_embd=4), descriptor, print)
    assert caught.value.code == "ring-size-wrong"
    with pytest.raises(OSError):
        os.fstat(descriptor)


@pytest.mark.parametrize(
    "message", [SlotReady(2, 1, 4, 1), SlotReady(0, 1, 5, 1), SlotReady(-1, 1, 4, 1), SlotTaken(0, 1)]
)
def test_a_message_that_points_outside_of_the_ring_is_refused(message):
    """It would become an address that llama.cpp reads from."""
    with pytest.raises(ValueError):
        Pair().reader.handle(message)


def test_a_slot_in_quarantine_is_never_written_again():
    """Neither the next picture nor the one after it lies where something may still write."""
    pair = Pair(slots=2)
    with pair.writer.acquire(4) as slot:
        lost = slot.address
        slot.quarantine()
    for turn in (1, 2):
        pair.put(turn)
        pair.deliver()
        with pair.reader.take_oldest() as read:
            assert read.turn == turn
        pair.deliver()
        with pair.writer.acquire(4) as free:
            assert free.address != lost


def test_closing_leaves_nothing_behind():
    """No descriptor and no mapping once both ends are closed."""
    gc.collect()  # rings of other tests, held by the tracebacks of errors they expected
    before = set(os.listdir("/proc/self/fd")), mapped("mortar-tokens")
    ring = Pair()
    ring.reader.close()
    ring.writer.close()
    assert (set(os.listdir("/proc/self/fd")), mapped("mortar-tokens")) == before
