"""Recordings of notes: whole and private, or not there; SIGKILL at any moment of writing and forgetting."""

from __future__ import annotations

import errno
import os
import random
import stat
from functools import partial
from pathlib import Path

import pytest

from killing import killed_while_writing, tell
from mortar.assistant.keeper import Keeper
from mortar.drivers.recordings import flac, load
from mortar.errors import MortarError
from mortar.notes import Note
from mortar.store import note_files
from mortar.store.database import FILE
from notes.note_boards import tone
from reminders.boards import never

CHANGES = 6
"""That a writer confirms at most before its last ms begin."""
LATEST_ms = 15.0
"""Writing one takes some ms, most of them in the file system."""


def test_a_recording_is_whole_and_for_nobody_else(tmp_path: Path) -> None:
    """Nothing of the sound is lost, and its name tells when it was made."""
    folder = tmp_path / "data" / "notes"
    name = note_files.write(folder, flac(tone()), 1_790_000_000.9)
    assert (load(folder / name) == tone()).all()
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert note_files.found(folder) == [Note(1_790_000_000.0, file=name)]


def test_two_of_the_same_second_are_two(tmp_path: Path) -> None:
    names = {note_files.write(tmp_path / "n", flac(tone()), 1.0) for _ in range(5)}
    assert len(names) == len(note_files.found(tmp_path / "n")) == 5


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not half a file either."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MortarError, match="No space left on device; make room") as raised:
        note_files.write(tmp_path / "n", flac(tone()), 1.0)
    assert raised.value.code == "note-unwritable"
    assert list((tmp_path / "n").iterdir()) == []


# --- SIGKILL ---


def take_and_forget(path: Path, confirmed: int) -> None:
    """Notes are taken, as listen and the assistant do it, and of five all but two are forgotten. What there
    is is told over the pipe once it is confirmed. Never returns."""
    keeper = Keeper(path, never)
    keeper.open()
    book, folder = keeper.notebook, path.with_name(note_files.FOLDER)
    content = flac(tone())
    while True:
        if len(book.notes) < 5:
            book.keep(Note(1.0, file=note_files.write(folder, content, 1_790_000_000.0)), 0.0)
        else:
            book.forget(book.notes[:-2])
        tell(confirmed, " ".join(note.file for note in book.notes))


@pytest.mark.parametrize(
    ("kills", "seed"), [(25, 3), pytest.param(500, 5, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_what_was_confirmed_survives_and_what_was_forgotten_stays_so(
    tmp_path: Path, kills: int, seed: int
) -> None:
    """The note or the forgetting that was under way may be done or not; rows and recordings agree, every
    recording is whole, and no half of one is left."""
    rng = random.Random(seed)
    path, folder = tmp_path / FILE, tmp_path / note_files.FOLDER
    before: list[str] = []
    forgotten: set[str] = set()
    n_under_way = 0
    for _ in range(kills):
        confirmed = killed_while_writing(partial(take_and_forget, path), rng, CHANGES, LATEST_ms)
        expected = confirmed[-1].split() if confirmed else before
        keeper = Keeper(path, never)
        keeper.open()
        there = [note.file for note in keeper.notebook.notes]
        assert sorted(held.name for held in folder.iterdir()) == sorted(there)
        assert all(len(load(folder / name)) == len(tone()) for name in there)
        new, gone = set(there) - set(expected), set(expected) - set(there)
        assert len(new) <= 1 and not (new and gone), "one thing was under way"
        assert gone <= set(expected[:-2]), "the newest two were never to be forgotten"
        assert not forgotten & set(there)
        forgotten |= set(before) - set(there)
        n_under_way += bool(new or gone)
        before = there
    assert n_under_way > 0 and forgotten, "some were killed in the middle"
