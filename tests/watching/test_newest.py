"""The picture that was encoded last, and how long it counts."""

from __future__ import annotations

import numpy as np

from mortar.bricks.eye.gate import Reason
from mortar.bricks.eye.newest import FRESH_ms, Newest
from mortar.rings.slots import Policy
from mortar.rings.token_ring import TokenRingWriter, WriteSlot

TABLE = np.full((120, 160), 120, np.uint8)


def filled(value: float) -> WriteSlot:
    slot = TokenRingWriter(2, 4, 8, 8, Policy.DROP_OLDEST).acquire(4)
    assert slot is not None
    slot.array[:] = value
    return slot


def test_its_tokens_outlive_the_slot() -> None:
    """What is written there later is not what was seen."""
    newest, slot = Newest(), filled(1.0)
    newest.remember(TABLE, slot, 0.0)
    slot.array[:] = 2.0
    assert newest.kept is not None and (newest.kept.tokens == 1.0).all()
    assert newest.kept.picture == slot.generation


def test_it_counts_for_as_long_as_it_is_fresh() -> None:
    newest = Newest()
    assert newest.judge(TABLE, 0.0).reason is Reason.FIRST
    newest.remember(TABLE, filled(1.0), 1_000.0)
    assert newest.judge(TABLE, 1_000.0 + FRESH_ms).reason is Reason.SAME
    assert newest.judge(TABLE, 1_001.0 + FRESH_ms).reason is Reason.FIRST
    assert newest.kept is None


def test_what_is_forgotten_is_gone() -> None:
    newest = Newest()
    newest.remember(TABLE, filled(1.0), 0.0)
    newest.forget()
    assert newest.kept is None and newest.judge(TABLE, 1.0).reason is Reason.FIRST
