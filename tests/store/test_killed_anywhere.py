"""SIGKILL at random moments of 500 writes of everything that Mortar keeps: nothing confirmed is lost.

Settings are not among it: no part of the program writes them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Protocol

import msgspec
import pytest
from PIL import Image

from killing import killed_while_writing, tell
from mortar import photos, privacy
from mortar.assistant.keeper import Keeper
from mortar.clock import Moment
from mortar.drivers.pictures import jpeg, read_picture
from mortar.drivers.recordings import flac, load
from mortar.notes import Note
from mortar.photos import Photo, PhotoFolder
from mortar.privacy import Closed
from mortar.reminders import Change, Countdown, Kind, Reminder
from mortar.settings import Photos
from mortar.store import note_files
from mortar.store.database import FILE
from mortar.traces import folder as traces
from mortar.traces.folder import Beside, TraceFolder
from notes.note_boards import tone
from reminders.boards import never
from traces.recordings import looked_and_answered

WRITES = 500
LINES = 14
"""Two for each write: a life has up to seven, and then what it begins in its last ms."""
LATEST_ms = 12.0
"""Some writes take 2 ms, some 20."""
MOST = 4
"""Of each kind are kept; each further one makes the oldest leave."""

BEGAN = datetime(2026, 11, 21, 9, 0)
SOUND, PICTURE = flac(tone()), jpeg(Image.effect_noise((160, 120), 80).convert("RGB"))
TRACE = looked_and_answered().traces[0]


class Kept(Protocol):
    """Something that is kept, and is written again and again."""

    def write(self, number: int) -> None:
        """It is on the disk when this returns."""

    def state(self, number: int) -> object:
        """What is found after that write."""

    def found(self) -> object:
        """What is there, all of it whole."""


class Reminders:
    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def write(self, number: int) -> None:
        """Those there were make way for others at once."""
        when = Countdown(60.0, Moment(0.0, 0.0, "x" * 2_000))  # so large that a change writes several pages
        add = [Reminder(Kind.TIMER, name, when) for name in self.state(number)]
        self._keeper.apply(Change(remove=self._keeper.reminders, add=add))

    def state(self, number: int) -> list[str]:
        return [f"{number} {part}" for part in range(3)]

    def found(self) -> list[str]:
        return [held.name for held in self._keeper.reminders]


class Notes:
    def __init__(self, keeper: Keeper, data: Path) -> None:
        self._book = keeper.notebook
        self._folder = data / note_files.FOLDER

    def write(self, number: int) -> None:
        kept_s = self.state(number)
        self._book.keep(Note(kept_s, file=note_files.write(self._folder, SOUND, kept_s)), 0.0)
        self._book.forget(self._book.notes[:-MOST])

    def state(self, number: int) -> float:
        return BEGAN.timestamp() + number

    def found(self) -> float:
        names = [note.file for note in self._book.notes]
        assert sorted(names) == sorted(path.name for path in self._folder.glob("*"))
        assert all((load(self._folder / name) == tone()).all() for name in names)
        return max((note.kept_s for note in note_files.found(self._folder)), default=0.0)


class Album:
    def __init__(self, keeper: Keeper, data: Path) -> None:
        self._album = keeper.album
        self._path = data / photos.FOLDER

    def write(self, number: int) -> None:
        """The eye's part, and the assistant's two."""
        taken = BEGAN + timedelta(seconds=number)
        name = PhotoFolder(self._path).keep(PICTURE, taken)
        self._album.keep(Photo(name, Moment(taken.timestamp(), 0.0, "boot")))
        self._album.describe(name, f"I see {name}.")

    def state(self, number: int) -> str:
        return f"{BEGAN + timedelta(seconds=number):%Y%m%d-%H%M%S}.jpg"

    def found(self) -> str:
        held = self._album.photos
        assert {photo.file for photo in held} == PhotoFolder(self._path).taken_at().keys()
        assert all(read_picture(self._path / photo.file).size == (160, 120) for photo in held)
        assert all(photo.description in ("", f"I see {photo.file}.") for photo in held)
        return max((photo.file for photo in held), default="")


class Privacy:
    def __init__(self, data: Path) -> None:
        self._data = data

    def write(self, number: int) -> None:
        privacy.keep(self._data, self.state(number))

    def state(self, number: int) -> Closed:
        return Closed(microphone=bool(number & 1), camera=bool(number & 2))

    def found(self) -> Closed:
        return privacy.load(self._data)


class Runs:
    def __init__(self, data: Path) -> None:
        self._folder = TraceFolder(data / traces.FOLDER)

    def write(self, number: int) -> None:
        """A trace, and what lies beside it."""
        run = self._folder.keep(msgspec.structs.replace(TRACE, heard=self.state(number)), MOST)
        self._folder.attach(run, Beside.SOUND, SOUND)
        self._folder.attach(run, Beside.PICTURE, PICTURE)

    def state(self, number: int) -> str:
        return f"question {number}"

    def found(self) -> str | None:
        heard = None
        for number in self._folder.numbers():
            file = self._folder.find(str(number))
            heard = traces.read(file).heard
            for beside in traces.beside(file):
                assert beside.read_bytes() == (SOUND if beside.suffix == Beside.SOUND else PICTURE)
        return heard


def opened(data: Path) -> Mapping[str, Kept]:
    """Everything, as the program opens it at its start."""
    keeper = Keeper(data / FILE, never, Photos(keep=MOST))
    keeper.open()
    return {
        "reminders": Reminders(keeper),
        "notes": Notes(keeper, data),
        "photos": Album(keeper, data),
        "privacy": Privacy(data),
        "runs": Runs(data),
    }


def write_on(data: Path, seed: int, first: int, confirmed: int) -> None:
    """This and that, each told as it begins and once it is done. Never returns."""
    kept, rng = opened(data), random.Random(seed)
    for number in count(first):
        name = rng.choice(sorted(kept))
        tell(confirmed, f"{name} {number}")
        kept[name].write(number)
        tell(confirmed, "done")


@pytest.mark.timeout(120)
def test_nothing_that_was_confirmed_is_lost(tmp_path: Path) -> None:
    """After each kill everything is as its last confirmed write left it. Only what was being written may
    already be so; and what there is, is whole."""
    rng = random.Random(17)
    before = {name: held.found() for name, held in opened(tmp_path).items()}
    n_writes = n_kills = n_cut_short = n_in_time = 0
    while n_writes < WRITES:
        lines = killed_while_writing(partial(write_on, tmp_path, n_kills, n_writes), rng, LINES, LATEST_ms)
        n_kills += 1
        writes = [line.split() for line in lines if line != "done"]
        n_writes += len(writes)
        under_way = writes.pop() if lines and lines[-1] != "done" else None
        kept = opened(tmp_path)
        after = {name: held.found() for name, held in kept.items()}
        expected = before | {name: kept[name].state(int(number)) for name, number in writes}
        if under_way is not None:
            name, number = under_way
            is_in_time = after[name] == kept[name].state(int(number))
            n_in_time += is_in_time
            n_cut_short += not is_in_time
            expected[name] = after[name] if is_in_time else expected[name]
        assert after == expected
        before = after
    assert n_writes >= WRITES
    assert n_cut_short > 0, "some were killed before what they wrote was there"
    assert n_in_time > 0, "some had written it, and could not say so any more"
