"""Who holds which slot of a token ring: the states of NANOMIND's token-aware buffer manager.

The writer process owns the table and nobody else sees it, so no state is raced for. Once a slot
is READY_TO_READ the reader decides what becomes of it (taken, or given back unread), and the table
follows the reader's messages. No clock, no input or output: every test can drive it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SlotState(StrEnum):
    FREE = "free"
    ALLOCATED_FOR_WRITE = "allocated_for_write"
    READY_TO_READ = "ready_to_read"
    ALLOCATED_FOR_READ = "allocated_for_read"
    GROWING = "growing"
    """Still being written; what is there may be read, and nobody has taken it."""
    GROWING_READ = "growing_read"
    """Still being written, and what is there is read."""
    RETURNED = "returned"
    """Still being written, for nobody: the reader gave it back before it was whole."""
    WITHDRAWN = "withdrawn"
    """The writer gave it up before it was whole; the reader has yet to give it back."""
    QUARANTINED = "quarantined"
    """Something that does not end may still write to it: out of use until the board is started again."""


FREE, WRITING, READY, READING, GROWING, GROWING_READ, RETURNED, WITHDRAWN, QUARANTINED = SlotState

_LEGAL = frozenset(
    {
        (FREE, WRITING),  # allocated
        (WRITING, READY),  # committed
        (WRITING, FREE),  # abandoned
        (READY, READING),  # taken
        (READY, FREE),  # dropped: given back unread, or nobody is there to read
        (READING, FREE),  # released
        (WRITING, QUARANTINED),  # its writer was lost in the kernel
        # In parts: the first rows are handed over while the others are written.
        (WRITING, GROWING),  # shared
        (GROWING, GROWING_READ),  # taken
        (GROWING, READY),  # committed
        (GROWING_READ, READING),
        (GROWING, RETURNED),  # given back, unread or read
        (GROWING_READ, RETURNED),
        (RETURNED, FREE),  # committed, or abandoned
        (GROWING, WITHDRAWN),  # abandoned
        (GROWING_READ, WITHDRAWN),
        (WITHDRAWN, FREE),  # given back, or nobody is there to read
        (GROWING, WRITING),  # nobody is there to read
        (GROWING_READ, WRITING),
        (GROWING, QUARANTINED),
        (GROWING_READ, QUARANTINED),
        (RETURNED, QUARANTINED),
    }
)


class Policy(StrEnum):
    """What happens when the ring is full."""

    BLOCK = "block"
    """Wait for the reader: every commit is read (questions about pictures)."""
    DROP_OLDEST = "drop_oldest"
    """Ask the oldest unread slot back: new is worth more than whole (video)."""


class IllegalTransition(RuntimeError):
    """A defect in the writer or the reader: a slot cannot go from where it is to there."""


@dataclass
class Slot:
    index: int
    state: SlotState = FREE
    generation: int = 0
    """Number of the allocation, from one counter of the ring: a smaller one is older, and a
    message that carries another one is about an earlier use of the slot."""
    n_tok: int = 0
    shared_tok: int = 0
    """How many of them the reader was told of before the slot was whole."""
    turn: int = 0
    picture: int = 0
    """Generation of the slot that had these tokens first; 0 where it is this one."""
    recalled: bool = False
    """The reader has been asked to give the slot back."""


class SlotTable:
    """The states of all slots, and the budget: tokens in slots that are not free."""

    def __init__(
        self, slots: int, slot_tok: int, budget_tok: int, policy: Policy, generation: int = 0
    ) -> None:
        """`generation` is where the counter of allocations starts."""
        self.slot_tok = slot_tok
        self.budget_tok = budget_tok
        self.policy = policy
        self.dropped = 0
        """Slots that were handed over, whole or in part, and came back unread."""
        self._generation = generation
        self._slots = [Slot(index) for index in range(slots)]

    @property
    def in_flight_tok(self) -> int:
        return sum(slot.n_tok for slot in self._slots)

    def in_state(self, state: SlotState) -> list[Slot]:
        """The slots in `state`, oldest first."""
        found = [slot for slot in self._slots if slot.state is state]
        return sorted(found, key=lambda slot: slot.generation)

    def counts(self) -> dict[str, int]:
        return {str(state): len(self.in_state(state)) for state in SlotState}

    # --- the writer's side ---

    def allocate(self, n_tok: int) -> Slot | None:
        """A free slot for `n_tok` tokens; None while there is no slot or no budget."""
        free = next((slot for slot in self._slots if slot.state is FREE), None)
        if free is None or self.in_flight_tok + n_tok > self.budget_tok:
            return None
        self._move(free, WRITING)
        self._generation += 1
        free.generation = self._generation
        free.n_tok = n_tok
        return free

    def share(self, slot: Slot, n_tok: int, turn: int) -> None:
        """The first `n_tok` tokens are there, and not all; each time more of them. Nothing where the reader
        has given the slot back."""
        if not slot.shared_tok < n_tok < slot.n_tok:
            raise IllegalTransition(f"slot {slot.index} cannot grow from {slot.shared_tok} to {n_tok}")
        if slot.state in (GROWING, GROWING_READ):
            slot.shared_tok = n_tok
        elif slot.state is not RETURNED:
            self._move(slot, GROWING)
            slot.turn, slot.shared_tok = turn, n_tok

    def commit(self, slot: Slot, turn: int, picture: int = 0) -> None:
        """All tokens are there."""
        if slot.state is RETURNED:
            self._move(slot, FREE)
            return
        self._move(slot, READING if slot.state is GROWING_READ else READY)
        slot.turn, slot.picture = turn, picture

    def abandon(self, slot: Slot) -> None:
        """They will never all be there."""
        if slot.state not in (WRITING, GROWING, GROWING_READ, RETURNED):
            raise IllegalTransition(f"slot {slot.index} is {slot.state}, there is no write to abandon")
        self._move(slot, WITHDRAWN if slot.state in (GROWING, GROWING_READ) else FREE)

    def quarantine(self, slot: Slot) -> None:
        """Take the slot out of use for good. Its tokens no longer count against the budget."""
        self._move(slot, QUARANTINED)

    def to_drop(self, n_tok: int) -> list[Slot]:
        """The unread slots, oldest first, that must go so that `n_tok` tokens fit.

        Slots recalled already count as gone. Empty under Policy.BLOCK. Never one that is read.
        """
        if self.policy is Policy.BLOCK:
            return []
        unread = self.in_state(READY)
        coming = [slot for slot in unread if slot.recalled]
        slots = len(self.in_state(FREE)) + len(coming)
        room_tok = self.budget_tok - self.in_flight_tok + sum(slot.n_tok for slot in coming)
        chosen = []
        for slot in unread:
            if slots > 0 and room_tok >= n_tok:
                break
            if not slot.recalled:
                chosen.append(slot)
                slots += 1
                room_tok += slot.n_tok
        return chosen

    def drop(self, slot: Slot) -> None:
        """Give up an unread slot. Only right while there is no reader who could be taking it."""
        if slot.state is not READY:
            raise IllegalTransition(f"slot {slot.index} is {slot.state}, only unread ones are dropped")
        self._move(slot, FREE)

    # --- what the reader says ---

    def taken(self, index: int, generation: int) -> bool:
        """The reader reads. False for a message about an earlier use of the slot."""
        slot = self._current(index, generation)
        if slot is None or slot.state in (WITHDRAWN, QUARANTINED):
            return False  # it knows by now, or will soon, that there is nothing to read
        self._move(slot, GROWING_READ if slot.state in (GROWING, GROWING_READ) else READING)
        return True

    def released(self, index: int, generation: int) -> bool:
        """The reader is done, or gives back unread. False as in `taken`, or where it is not free by that."""
        slot = self._current(index, generation)
        if slot is None or slot.state is QUARANTINED:
            return False
        if slot.state in (WRITING, RETURNED):
            raise IllegalTransition(f"slot {index} is being written, no reader has it")
        self._move(slot, RETURNED if slot.state in (GROWING, GROWING_READ) else FREE)
        return slot.state is FREE

    def reader_gone(self) -> None:
        """The reader's exit is confirmed: free what it read. Unread slots stay for the next one, and so do
        those that are still being written."""
        for slot in self._slots:
            slot.recalled = False
            if slot.state in (READING, WITHDRAWN):
                self._move(slot, FREE)
            elif slot.state in (GROWING, GROWING_READ):
                self._move(slot, WRITING)

    def _current(self, index: int, generation: int) -> Slot | None:
        if not 0 <= index < len(self._slots):
            raise IllegalTransition(f"there is no slot {index}")
        slot = self._slots[index]
        return slot if slot.generation == generation else None

    def _move(self, slot: Slot, to: SlotState) -> None:
        if (slot.state, to) not in _LEGAL:
            raise IllegalTransition(f"slot {slot.index} cannot go from {slot.state} to {to}")
        self.dropped += (slot.state, to) in ((READY, FREE), (GROWING, RETURNED))
        if to in (FREE, QUARANTINED):
            slot.n_tok = 0
            slot.recalled = False
        if to in (FREE, QUARANTINED, WRITING):
            slot.shared_tok = 0
        slot.state = to
