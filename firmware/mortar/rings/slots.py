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
    QUARANTINED = "quarantined"
    """Something that does not end may still write to it: out of use until the board is started again."""


FREE, WRITING, READY, READING, QUARANTINED = SlotState

_LEGAL = frozenset(
    {
        (FREE, WRITING),  # allocated
        (WRITING, READY),  # committed
        (WRITING, FREE),  # abandoned
        (READY, READING),  # taken
        (READY, FREE),  # dropped: given back unread, or nobody is there to read
        (READING, FREE),  # released
        (WRITING, QUARANTINED),  # its writer was lost in the kernel
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
        """Committed slots that came back unread."""
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

    def commit(self, slot: Slot, turn: int, picture: int = 0) -> None:
        self._move(slot, READY)
        slot.turn, slot.picture = turn, picture

    def abandon(self, slot: Slot) -> None:
        if slot.state is not WRITING:
            raise IllegalTransition(f"slot {slot.index} is {slot.state}, there is no write to abandon")
        self._move(slot, FREE)

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
        if slot is not None:
            self._move(slot, READING)
        return slot is not None

    def released(self, index: int, generation: int) -> bool:
        """The reader is done, or gives back unread. False as in `taken`."""
        slot = self._current(index, generation)
        if slot is not None:
            if slot.state is WRITING:
                raise IllegalTransition(f"slot {index} is being written, no reader has it")
            self._move(slot, FREE)
        return slot is not None

    def reader_gone(self) -> None:
        """The reader's exit is confirmed: free what it read. Unread slots stay for the next one."""
        for slot in self._slots:
            slot.recalled = False
            if slot.state is READING:
                self._move(slot, FREE)

    def _current(self, index: int, generation: int) -> Slot | None:
        if not 0 <= index < len(self._slots):
            raise IllegalTransition(f"there is no slot {index}")
        slot = self._slots[index]
        return slot if slot.generation == generation else None

    def _move(self, slot: Slot, to: SlotState) -> None:
        if (slot.state, to) not in _LEGAL:
            raise IllegalTransition(f"slot {slot.index} cannot go from {slot.state} to {to}")
        if to in (FREE, QUARANTINED):
            self.dropped += slot.state is READY
            slot.n_tok = 0
            slot.recalled = False
        slot.state = to
