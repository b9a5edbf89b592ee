"""SIGKILL at any moment of writing: what was confirmed is there, and nothing is there by half."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest

from killing import killed_while_writing, tell
from mortar.clock import Moment
from mortar.reminders import Change, Countdown, Kind, Reminder
from mortar.store import reminders
from mortar.store.database import FILE, Database

PARTS = 3
"""Timers that each change sets at once, and the next one takes away again."""
CHANGES = 4
"""That a writer confirms at most before its last ms begin."""
LATEST_ms = 12.0
"""A change takes some ms, most of them in the file."""


def parts(change: int) -> list[Reminder]:
    when = Countdown(60.0, Moment(0.0, 0.0, "x" * 2_000))  # so large that a change writes several pages
    return [Reminder(Kind.TIMER, f"{change} {part}", when) for part in range(PARTS)]


def write_on(path: Path, confirmed: int) -> None:
    """Change after change; each is told over the pipe once it is confirmed. Never returns."""
    database = Database(path)
    held = reminders.load(database)
    change = 1 + max((int(one.name.split()[0]) for one in held), default=0)
    while True:
        held = reminders.apply(database, Change(remove=held, add=parts(change)))
        tell(confirmed, str(change))
        change += 1


@pytest.mark.parametrize(
    ("kills", "seed"), [(40, 7), pytest.param(500, 11, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_what_was_confirmed_survives(tmp_path: Path, kills: int, seed: int) -> None:
    """The last change that was confirmed, or the one that was on its way: whole, and nothing else."""
    rng = random.Random(seed)
    path = tmp_path / FILE
    last, unconfirmed = 0, 0
    for _ in range(kills):
        confirmed = killed_while_writing(partial(write_on, path), rng, CHANGES, LATEST_ms)
        database = Database(path)
        assert database.set_aside is None, "a writer that is killed damages nothing"
        names = [held.name for held in reminders.load(database)]
        database.close()
        found = int(names[0].split()[0]) if names else 0
        assert names == [part.name for part in parts(found)] if found else names == []
        expected = int(confirmed[-1]) if confirmed else last
        assert found in (expected, expected + 1)
        unconfirmed += found == expected + 1
        last = found
    assert last > kills, "most writers were killed in the middle of their work"
