"""The notes: in memory as they are in the store and in their folder, and which one is at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from mortar.assistant.turn import Turn
from mortar.errors import MortarError
from mortar.notes import Note
from mortar.store import note_files
from mortar.store import notes as stored
from mortar.store.database import Database

AT_HAND_ms = 60_000
"""So long after it was taken or told, "forget it" still means that note."""


class Notebook:
    """`opened` gives the store; `folder` has the recordings, None where there are none."""

    def __init__(self, opened: Callable[[], Database], folder: Path | None) -> None:
        self._opened = opened
        self._folder = folder
        self.notes: Sequence[Note] = ()
        """Oldest first."""
        self._last, self._last_ms = 0, 0.0
        """Number of the note that was taken or told last, and when."""

    @property
    def without_words(self) -> list[Note]:
        """As a trace may have them."""
        return [msgspec.structs.replace(note, text="") for note in self.notes]

    def load(self, database: Database) -> None:
        """The recordings are right: a power cut may have left a row without its recording, which was being
        forgotten, or a recording without its row, which was just made. Raises MortarError."""
        self.notes = stored.load(database)
        if self._folder is None:
            return
        note_files.remove_unfinished(self._folder)
        recorded = note_files.found(self._folder)
        files, known = ({note.file for note in held} for held in (recorded, self.notes))
        if gone := [note for note in self.notes if note.file and note.file not in files]:
            self.notes = stored.remove(database, gone)
        if new := [note for note in recorded if note.file not in known]:
            self.notes = stored.add(database, new)

    def take_up(self, notes: Iterable[Note], at_hand: int) -> None:
        """The notes of another notebook, with the numbers that they have there."""
        self.notes = stored.add(self._opened(), notes)
        self._last, self._last_ms = at_hand, float("inf")

    def at_hand(self, now_ms: float) -> Note | None:
        """The note that was taken or told a moment ago."""
        if now_ms - self._last_ms > AT_HAND_ms:
            return None
        return next((note for note in self.notes if note.number == self._last), None)

    def sounded(self, turn: Turn, index: int | None, now_ms: float) -> None:
        """A sentence began to be heard."""
        if index is not None and index in turn.told:
            self._last, self._last_ms = turn.told[index], now_ms

    def keep(self, note: Note, now_ms: float) -> None:
        """It is on the disk when this returns. Raises MortarError: then there is nothing of it, nor of its
        recording."""
        try:
            database = self._opened()
            taken_up = [held for held in self.notes if note.file and held.file == note.file]
            if not taken_up:
                self.notes = stored.add(database, [note])
        except MortarError:
            self._remove_recordings([note])
            raise
        self._last, self._last_ms = (taken_up or self.notes)[-1].number, now_ms

    def forget(self, notes: Sequence[Note]) -> None:
        """They are gone from the disk when this returns. The recordings first: a power cut in between
        leaves none that comes back. Raises MortarError."""
        self._remove_recordings(notes)
        self.notes = stored.remove(self._opened(), notes)

    def _remove_recordings(self, notes: Sequence[Note]) -> None:
        if self._folder is not None:
            note_files.remove(self._folder, [note.file for note in notes if note.file])
