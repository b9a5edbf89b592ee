"""What a question did to the reminders, and how the next one undoes it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mortar.reminders import Change, Reminder


@dataclass(frozen=True)
class Done:
    made: frozenset[int] = frozenset()
    """Numbers of the reminders that it added."""
    removed: Sequence[Reminder] = ()
    """Those that it removed; as new ones, with no number."""


NOTHING = Done()


def done(change: Change, before: Sequence[Reminder], after: Sequence[Reminder]) -> Done:
    """What came of a `change` that was wanted; `before` and `after` it all reminders that there are."""
    there = {held.number for held in before}
    new = [held for held in after if held.number not in there]
    made = frozenset(held.number for held in new if _as_new(held) in change.add)
    return Done(made, [_as_new(held) for held in change.remove])


def is_left(did: Done, reminders: Sequence[Reminder]) -> bool:
    """Whether something of it can be undone."""
    return bool(did.removed) or any(held.number in did.made for held in reminders)


def without(did: Done, reminders: Sequence[Reminder]) -> Sequence[Reminder]:
    """The reminders as they were, had it not been done."""
    return [held for held in reminders if held.number not in did.made] + list(did.removed)


def instead(change: Change, did: Done, reminders: Sequence[Reminder]) -> Change:
    """Undoes what was done to `reminders`, and does `change`, which was made for them `without` it."""
    undone = [held for held in reminders if held.number in did.made]
    return Change(
        remove=[*undone, *(held for held in change.remove if held.number)],
        add=[*(held for held in did.removed if held not in change.remove), *change.add],
    )


def _as_new(held: Reminder) -> Reminder:
    return replace(held, number=0)
