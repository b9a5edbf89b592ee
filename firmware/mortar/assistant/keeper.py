"""What is kept: the reminders, photos and notes that there are, in memory as they are in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mortar.assistant.album import Album
from mortar.assistant.notebook import Notebook
from mortar.errors import MortarError
from mortar.photos import FOLDER, PhotoFolder
from mortar.reminders import Change, Reminder
from mortar.settings import Photos
from mortar.store import note_files
from mortar.store import reminders as stored
from mortar.store.database import Database

DEFAULTS = Photos()


class Keeper:
    """`path` None keeps them in memory alone. `complain` gets what people should know of the file."""

    def __init__(
        self, path: Path | None, complain: Callable[[MortarError], None], photos: Photos = DEFAULTS
    ) -> None:
        self._path = path
        self._complain = complain
        self._database: Database | None = None
        self.reminders: Sequence[Reminder] = ()
        folder = PhotoFolder(path.with_name(FOLDER)) if path else None
        self.album = Album(self._opened, folder, photos.keep)
        self.notebook = Notebook(self._opened, path.with_name(note_files.FOLDER) if path else None)

    def open(self) -> None:
        """A file that cannot be read is complained of, and tried again when something is to be kept."""
        try:
            self._opened()
        except MortarError as error:
            self._complain(error)

    def apply(self, change: Change) -> None:
        """It is on the disk when this returns. Raises MortarError: then nothing has changed."""
        self.reminders = stored.apply(self._opened(), change)

    def _opened(self) -> Database:
        if self._database is None:
            self._database = Database(self._path)
            if self._database.set_aside is not None:
                self._complain(self._database.set_aside)
            self.reminders = stored.load(self._database)
            for held in (self.album, self.notebook):
                try:
                    held.load(self._database)
                except MortarError as error:  # timers and alarms ring without it
                    self._complain(error)
        return self._database
