"""Model check of the token ring: any order of steps, messages delivered late, deaths anywhere.

Hypothesis plays writer, reader and the two sockets between them. Every commit writes a number of
its own into its slot, so whatever is read shows which write it came from.
"""

import os
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from mortar.messages import SlotReady, SlotTaken
from mortar.rings.slots import GROWING_READ, RETURNED, Policy
from mortar.rings.token_reader import TokenRingReader
from mortar.rings.token_ring import TokenRingWriter

SLOTS, SLOT_TOK, N_EMBD, BUDGET_TOK = 3, 4, 2, 9

mostly = st.sampled_from([True, True, True, False])


def index_of(held):
    return st.integers(0, len(held) - 1)


class TokenRing(RuleBasedStateMachine):
    @initialize(policy=st.sampled_from(Policy))
    def begin(self, policy):
        self.policy = policy
        self.turn = 0
        self.new_writer()
        self.new_reader()

    def new_writer(self):
        self.writer = TokenRingWriter(SLOTS, SLOT_TOK, N_EMBD, BUDGET_TOK, self.policy)
        self.writing = []
        self.number_of = {}  # generation of a slot -> what is written into it
        self.returned = set()  # what was given back unread before it was whole
        self.turn_of = {}  # (slot, generation) -> turn, of everything that was announced
        self.generation_of = {}  # slot -> generation that was announced last
        self.committed, self.read = set(), set()
        self.lost = set()  # addresses of slots in quarantine
        self.hung = set()  # and their generations
        self.full = False  # acquire gave None, and nothing has happened since that could help
        self.confirmed_gone = True

    def new_reader(self):
        """A reader process has started and the supervisor has made a new link."""
        self.to_reader, self.to_writer = deque(), deque()
        descriptor = os.dup(self.writer.descriptor)
        # As in a brick, "to the writer" means over whichever link there is at the moment.
        send = lambda message: self.to_writer.append(message)  # noqa: E731
        self.reader = TokenRingReader(self.writer.offer(), descriptor, send)
        self.reading = []
        self.told = False  # whether it may have something unread
        self.confirmed_gone = False
        self.spared_until = self.turn + 3
        self.writer.connect(self.announce)

    def announce(self, message):
        """The writer's end of the link. Generations grow slot by slot, and mean one commit each."""
        if isinstance(message, SlotReady):
            key = (message.slot, message.generation)
            if key not in self.turn_of:
                assert message.generation > self.generation_of.get(message.slot, 0)
                self.generation_of[message.slot] = message.generation
            assert self.turn_of.setdefault(key, message.turn) == message.turn
        if self.reader is not None:
            self.to_reader.append(message)

    @rule(data=st.data())
    def step(self, data):
        """One rule that chooses among what is possible now: hypothesis switches whole rules off for
        a history at a time, and few histories without deliveries or reads come far."""
        data.draw(st.sampled_from(list(self.possible())))(data.draw)

    def possible(self):
        mortal = self.turn >= self.spared_until  # after some writes there is something to lose
        if not self.full:
            yield self.write
        if self.writing:
            yield self.finish
        if any(slot.shared_tok < slot.n_tok - 1 for slot in self.writing):
            yield self.share
        if self.writing and len(self.lost) < SLOTS - 2:
            yield self.quarantine
        if self.to_reader or self.to_writer:
            yield self.deliver
        if self.told:
            yield self.take
        if self.reading:
            yield self.leave
        if self.reader is None or mortal:
            yield self.fate_of_the_reader
        if mortal:
            yield self.writer_dies_and_returns

    # --- the writer ---

    def write(self, draw):
        slot = self.writer.acquire(draw(st.integers(1, SLOT_TOK)))
        self.full = slot is None
        if slot is not None:
            assert slot.address not in [other.address for other in self.writing + self.reading]
            assert slot.address not in self.lost, "a slot came out of quarantine"
            self.writing.append(slot)

    def share(self, draw):
        """Some more rows of a slot; those that were shared before are not touched."""
        slot = draw(st.sampled_from([one for one in self.writing if one.shared_tok < one.n_tok - 1]))
        n_tok = draw(st.integers(slot.shared_tok + 1, slot.n_tok - 1))
        number = self.number(slot)
        slot.array[slot.shared_tok : n_tok] = number
        slot.share(n_tok, number)

    def in_state(self, state):
        return [slot for slot in self.writing if slot._slot.state is state]

    def number(self, slot):
        if slot.generation not in self.number_of:
            self.turn += 1
            self.number_of[slot.generation] = self.turn
        return self.number_of[slot.generation]

    def finish(self, draw):
        slot = self.writing.pop(draw(index_of(self.writing)))
        number = self.number(slot)
        slot.array[slot.shared_tok :] = number
        if draw(mostly):
            self.committed.add(number)
            slot.commit(number)
        else:
            slot.abandon()
        self.full = False

    def quarantine(self, draw):
        """What wrote to it hangs, and may write on."""
        slot = self.writing.pop(draw(index_of(self.writing)))
        self.lost.add(slot.address)
        self.hung.add(slot.generation)
        slot.quarantine()
        self.full = False

    # --- the link ---

    def deliver(self, draw):
        """The next message of one of the directions that have some."""
        ways = ((self.to_reader, self.reader_hears), (self.to_writer, self.writer_hears))
        draw(st.sampled_from([hears for queue, hears in ways if queue]))()

    def reader_hears(self):
        message = self.to_reader.popleft()
        self.reader.handle(message)
        self.told = self.told or isinstance(message, SlotReady)

    def writer_hears(self):
        before = self.writer.counts()
        worth = self.writer.handle(self.to_writer.popleft())
        self.full = self.full and not worth
        self.returned |= {self.number(slot) for slot in self.in_state(RETURNED)} - self.read
        if self.confirmed_gone:
            assert not worth and self.writer.counts() == before, "a dead reader was listened to"

    # --- the reader ---

    def take(self, draw):
        oldest = draw(mostly)
        slot = self.reader.take_oldest() if oldest else self.reader.take_newest()
        self.told = slot is not None
        if slot is not None:
            assert slot.turn not in self.read, "read twice"
            assert slot.turn in self.committed or slot.turn in self.number_of.values(), "never written"
            self.read.add(slot.turn)
            self.reading.append(slot)

    def leave(self, draw):
        self.reading.pop(draw(index_of(self.reading))).release()

    # --- deaths ---

    def fate_of_the_reader(self, draw):
        """One step further: it dies, its exit is confirmed, it comes back."""
        if self.reader is not None:
            # What was under way to it is lost; what it had sent still arrives.
            self.reader, self.reading, self.told = None, [], False
            self.to_reader.clear()
        elif not self.confirmed_gone:
            # What it said and nobody has heard by now is as if it had not happened.
            self.confirmed_gone, self.full = True, False
            # Read in part only: it is handed to the next reader when it is whole.
            self.read -= {self.number(slot) for slot in self.in_state(GROWING_READ)}
            self.writer.reader_gone()
            for message in self.to_writer:
                if isinstance(message, SlotTaken):
                    self.read.discard(self.turn_of[message.slot, message.generation])
        else:
            self.new_reader()

    def writer_dies_and_returns(self, draw):
        """The reader is held up: it leaves the old ring's slots over the link to the new writer."""
        old_reader, old_reading, old_writer = self.reader, self.reading, self.writer
        self.new_writer()
        old_writer.close()
        self.new_reader()
        if old_reader is not None:
            for slot in old_reading:
                slot.release()
            old_reader.close()

    # --- what must hold ---

    @invariant()
    def what_is_read_is_not_written(self):
        """Of a slot that is still being written, the rows that the reader was told of."""
        for slot in self.reading:
            there = slot.array[: slot.there_tok]
            assert (there == slot.turn).all(), "a slot was written while it was read"

    @invariant()
    def the_budget_holds(self):
        held = {slot.generation: slot.n_tok for slot in self.writing}
        # A slot may be written and read; one in quarantine is read until the reader hears of it.
        held |= {slot._ready.generation: slot.n_tok for slot in self.reading}
        held_tok = sum(n_tok for generation, n_tok in held.items() if generation not in self.hung)
        assert held_tok <= self.writer.counts()["in_flight_tok"] <= BUDGET_TOK

    @invariant()
    def every_write_is_accounted_for(self):
        counts = self.writer.counts()
        being_written = ("allocated_for_write", "growing", "growing_read", "returned")
        assert sum(counts[state] for state in being_written) == len(self.writing)

    @invariant()
    def every_commit_is_accounted_for(self):
        """Read, dropped, or still there: the table knows no fewer and no more than were committed, or came
        back before that."""
        counts = self.writer.counts()
        there = counts["ready_to_read"] + counts["allocated_for_read"]
        assert len(self.committed) <= len(self.read & self.committed) + counts["dropped"] + there
        assert there + counts["dropped"] <= len(self.committed | self.returned)

    def teardown(self):
        """Deliver and read everything: all slots are free, every commit was read or dropped."""
        while self.reader is None:
            self.fate_of_the_reader(None)
        for slot in self.writing:
            slot.abandon()
        while self.to_reader:
            self.reader_hears()
        assert all(slot.is_whole or slot.is_withdrawn for slot in self.reading)
        for slot in self.reading:
            slot.release()
        while slot := self.reader.take_oldest():
            assert slot.is_whole, "nothing is being written any more"
            self.read.add(slot.turn)
            slot.release()
        while self.to_writer:
            self.writer_hears()
        counts = self.writer.counts()
        assert counts["quarantined"] == len(self.lost)
        assert counts["free"] == SLOTS - len(self.lost) and counts["in_flight_tok"] == 0
        assert len((self.committed | self.returned) - self.read) == counts["dropped"]
        self.reader.close()
        self.writer.close()


@pytest.mark.timeout(600)  # a history that fails is made small first, for some minutes
def test_any_order_of_steps_and_deaths():
    """The rules above hold for some hundred random histories."""
    run_state_machine_as_test(
        TokenRing, settings=settings(max_examples=250, stateful_step_count=50, deadline=None)
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_any_order_of_steps_and_deaths_at_length():
    """The same, some thousand longer histories."""
    run_state_machine_as_test(
        TokenRing, settings=settings(max_examples=3_000, stateful_step_count=100, deadline=None)
    )
