"""The table of slots by itself: legal transitions, budget, what is dropped."""

from itertools import product

import pytest

from mortar.rings.slots import (
    FREE,
    GROWING,
    GROWING_READ,
    QUARANTINED,
    READING,
    READY,
    RETURNED,
    WITHDRAWN,
    WRITING,
    IllegalTransition,
    Policy,
    SlotState,
    SlotTable,
)


def table(policy=Policy.BLOCK, slots=3, slot_tok=4, budget_tok=8):
    return SlotTable(slots, slot_tok, budget_tok, policy)


def slot_in(state):
    """A table of one slot that has been led to `state`."""
    made = table(slots=1)
    slot = made.allocate(4)
    if state is FREE:
        made.abandon(slot)
    if state in (READY, READING):
        made.commit(slot, turn=1)
    if state is READING:
        made.taken(slot.index, slot.generation)
    if state in (GROWING, GROWING_READ, RETURNED, WITHDRAWN):
        made.share(slot, 2, turn=1)
    if state is GROWING_READ:
        made.taken(slot.index, slot.generation)
    if state is RETURNED:
        made.released(slot.index, slot.generation)
    if state is WITHDRAWN:
        made.abandon(slot)
    if state is QUARANTINED:
        made.quarantine(slot)
    assert slot.state is state
    return made, slot


STEPS = {
    "share": lambda made, slot: made.share(slot, slot.shared_tok + 1, turn=1),
    "commit": lambda made, slot: made.commit(slot, turn=1),
    "abandon": lambda made, slot: made.abandon(slot),
    "drop": lambda made, slot: made.drop(slot),
    "quarantine": lambda made, slot: made.quarantine(slot),
    "taken": lambda made, slot: made.taken(slot.index, slot.generation),
    "released": lambda made, slot: made.released(slot.index, slot.generation),
}

LEGAL = {
    ("commit", WRITING): READY,
    ("abandon", WRITING): FREE,
    ("drop", READY): FREE,
    ("quarantine", WRITING): QUARANTINED,
    ("taken", READY): READING,
    ("released", READY): FREE,
    ("released", READING): FREE,
    ("share", WRITING): GROWING,
    ("share", GROWING): GROWING,
    ("share", GROWING_READ): GROWING_READ,
    ("share", RETURNED): RETURNED,
    ("taken", GROWING): GROWING_READ,
    ("taken", WITHDRAWN): WITHDRAWN,
    ("taken", QUARANTINED): QUARANTINED,
    ("released", GROWING): RETURNED,
    ("released", GROWING_READ): RETURNED,
    ("released", WITHDRAWN): FREE,
    ("released", QUARANTINED): QUARANTINED,
    ("commit", GROWING): READY,
    ("commit", GROWING_READ): READING,
    ("commit", RETURNED): FREE,
    ("abandon", GROWING): WITHDRAWN,
    ("abandon", GROWING_READ): WITHDRAWN,
    ("abandon", RETURNED): FREE,
    ("quarantine", GROWING): QUARANTINED,
    ("quarantine", GROWING_READ): QUARANTINED,
    ("quarantine", RETURNED): QUARANTINED,
}


@pytest.mark.parametrize(("step", "state"), list(product(STEPS, SlotState)))
def test_every_step_from_every_state(step, state):
    """A step leads where the table in this test says, or it is refused and changes nothing."""
    made, slot = slot_in(state)
    if to := LEGAL.get((step, state)):
        STEPS[step](made, slot)
        assert slot.state is to
    else:
        with pytest.raises(IllegalTransition):
            STEPS[step](made, slot)
        assert slot.state is state


def test_messages_about_an_earlier_use_change_nothing():
    """What the reader said of an earlier generation does not touch the slot's present use."""
    made, slot = slot_in(READY)
    stale = slot.generation
    made.drop(slot)
    assert made.allocate(4) is slot
    made.commit(slot, turn=2)
    assert not made.taken(slot.index, stale)
    assert not made.released(slot.index, stale)
    assert slot.state is READY


def test_a_slot_that_does_not_exist_is_a_defect():
    """An index from outside of the ring is never read as some other slot."""
    for index in (-1, 3):
        with pytest.raises(IllegalTransition):
            table().taken(index, 0)


def test_the_budget_is_in_tokens():
    """Slots are free, but the third allocation would hold 9 of 8 tokens; 2 more still fit."""
    made = table()
    assert made.allocate(3) and made.allocate(3)
    assert made.allocate(3) is None
    assert made.allocate(2)
    assert made.in_flight_tok == 8


def test_block_drops_nothing():
    """Under BLOCK a full ring stays full until the reader is done."""
    made = table(Policy.BLOCK)
    for turn in (1, 2):
        made.commit(made.allocate(4), turn)
    assert made.to_drop(4) == []


def test_the_oldest_unread_go_and_only_as_many_as_needed():
    """One slot of 4 makes room for 4 tokens; both must go for 8; what is read is never chosen."""
    made = table(Policy.DROP_OLDEST, slot_tok=8)
    first, second = made.allocate(4), made.allocate(4)
    made.commit(first, turn=1)
    made.commit(second, turn=2)
    assert made.to_drop(4) == [first]
    assert made.to_drop(8) == [first, second]
    made.taken(first.index, first.generation)
    assert made.to_drop(4) == [second]
    made.taken(second.index, second.generation)
    assert made.to_drop(4) == []


def test_a_slot_is_recalled_once():
    """A slot that has been asked back counts as coming: others are asked for only beyond it."""
    made = table(Policy.DROP_OLDEST, slot_tok=8)
    first, second = made.allocate(4), made.allocate(4)
    made.commit(first, turn=1)
    made.commit(second, turn=2)
    first.recalled = True
    assert made.to_drop(4) == []
    assert made.to_drop(8) == [second]


def test_a_dead_reader_frees_what_it_read_and_nothing_else():
    """Unread slots are the writer's still; half-written ones too."""
    made = table(budget_tok=12)
    read, unread, written = made.allocate(4), made.allocate(4), made.allocate(4)
    made.commit(read, turn=1)
    made.commit(unread, turn=2)
    made.taken(read.index, read.generation)
    made.reader_gone()
    assert [slot.state for slot in (read, unread, written)] == [FREE, READY, WRITING]
    assert made.dropped == 0


@pytest.mark.parametrize("n_tok", [0, 1, 4, 5])
def test_a_slot_grows_but_not_to_its_end(n_tok):
    """Whole it is by a commit; fewer tokens than before are no growth."""
    made = table(slots=1)
    slot = made.allocate(4)
    made.share(slot, 1, turn=1)
    with pytest.raises(IllegalTransition):
        made.share(slot, n_tok, turn=1)
    assert slot.shared_tok == 1


def test_a_dead_reader_leaves_what_is_still_written_to_the_next_one():
    """Taken or not: it is handed over anew. What was withdrawn from it is free."""
    made = table(budget_tok=12)
    growing, read, withdrawn = made.allocate(4), made.allocate(4), made.allocate(4)
    for slot in (growing, read, withdrawn):
        made.share(slot, 2, turn=1)
    made.taken(read.index, read.generation)
    made.abandon(withdrawn)
    made.reader_gone()
    assert [slot.state for slot in (growing, read, withdrawn)] == [WRITING, WRITING, FREE]
    made.share(read, 1, turn=1)
    assert read.state is GROWING


def test_a_slot_in_quarantine_is_never_handed_out_and_holds_no_budget():
    made = table(slots=2)
    made.quarantine(made.allocate(4))
    assert made.in_flight_tok == 0
    assert made.allocate(4).index == 1 and made.allocate(1) is None
    made.reader_gone()
    assert len(made.in_state(QUARANTINED)) == 1
