"""The photos that there are: rows in the store, files beside it.

What a power cut leaves is taken as it is, and nothing that was kept is lost by it. A file without a row (the
assistant died before it wrote that, or the store was damaged) gets one, without a description. A row without
a file (it was being deleted) still says what was seen, until it is deleted again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import replace

from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.photos import Photo, PhotoFolder
from mortar.store import photos as stored
from mortar.store.database import Database

log = logging.getLogger(__name__)

ANOTHER_BOOT = ""
"""Of a photo whose time is known by the wall clock alone."""


class Album:
    """Of at most `most` photos. `folder` None: they have no files, as in a replay."""

    def __init__(self, database: Callable[[], Database], folder: PhotoFolder | None, most: int) -> None:
        self._database = database
        self._folder = folder
        self._most = most
        self.photos: tuple[Photo, ...] = ()
        """In the order in which they were kept."""

    def load(self, database: Database) -> None:
        """What there is, put in order. Raises MortarError."""
        self.photos = stored.load(database)
        known = {photo.file for photo in self.photos}
        found = self._folder.taken_at() if self._folder else {}
        strays = [
            Photo(name, Moment(wall_s, 0.0, ANOTHER_BOOT))
            for name, wall_s in found.items()
            if name not in known
        ]
        if strays:
            stored.add(database, strays)
            self.photos += tuple(strays)
        self._remove(database, self.photos[: -self._most])

    def keep(self, photo: Photo) -> None:
        """It is on the disk when this returns, and the oldest beyond the bound have gone.

        Raises MortarError: then it is not kept, nor is its file, and all others are there.
        """
        try:
            database = self._database()
            stored.add(database, [photo])
        except MortarError:
            if self._folder is not None:
                self._folder.remove([photo.file])
            raise
        self.photos = (*(held for held in self.photos if held.file != photo.file), photo)
        try:
            self._remove(database, self.photos[: -self._most])
        except MortarError as error:
            log.error("%s", error)  # the next photo tries again

    def describe(self, file: str, description: str) -> None:
        """Raises MortarError: then it stays without."""
        stored.describe(self._database(), file, description)
        self.photos = tuple(
            replace(held, description=description) if held.file == file else held for held in self.photos
        )

    def forget(self, photos: Collection[Photo]) -> None:
        """They are gone when this returns. Raises MortarError: then some may be gone, and some not."""
        self._remove(self._database(), photos)

    def _remove(self, database: Database, photos: Collection[Photo]) -> None:
        """The files first: on a full disk they make the room that the store needs to forget the rows."""
        if not photos:
            return
        names = {photo.file for photo in photos}
        if self._folder is not None:
            self._folder.remove(names)
        stored.forget(database, names)
        self.photos = tuple(held for held in self.photos if held.file not in names)
