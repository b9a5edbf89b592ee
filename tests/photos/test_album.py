"""The bound of the album, and names of files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from mortar.assistant.keeper import Keeper
from mortar.clock import Moment
from mortar.photos import Photo, PhotoFolder
from mortar.settings import Photos
from mortar.store.database import FILE
from photos.albums import PICTURE
from reminders.boards import never

NOON = datetime(2026, 11, 21, 12, 0)


def opened(path: Path, keep: int) -> Keeper:
    keeper = Keeper(path / FILE, never, Photos(keep=keep))
    keeper.open()
    return keeper


def keep_one(path: Path, keeper: Keeper, taken: datetime = NOON) -> str:
    name = PhotoFolder(path / "photos").keep(PICTURE, taken)
    keeper.album.keep(Photo(name, Moment(NOON.timestamp(), 0.0, "boot")))
    return name


def names(path: Path) -> set[str]:
    return {file.name for file in (path / "photos").iterdir()}


def test_the_oldest_leave_first(tmp_path: Path) -> None:
    """With their rows."""
    keeper = opened(tmp_path, 3)
    taken = [keep_one(tmp_path, keeper, NOON.replace(second=second)) for second in range(5)]
    assert [photo.file for photo in keeper.album.photos] == taken[2:]
    assert names(tmp_path) == set(taken[2:])


def test_a_lower_bound_counts_from_the_next_start_on(tmp_path: Path) -> None:
    """All of one second, and each with a name of its own."""
    keeper = opened(tmp_path, 5)
    taken = [keep_one(tmp_path, keeper) for _ in range(5)]
    assert len(set(taken)) == 5
    assert [photo.file for photo in opened(tmp_path, 2).album.photos] == taken[3:]
    assert names(tmp_path) == set(taken[3:])


def test_a_name_that_is_free_again_is_a_photo_of_its_own(tmp_path: Path) -> None:
    """Its file was deleted by hand, its row was not: the new photo takes its place."""
    keeper = opened(tmp_path, 5)
    first = keep_one(tmp_path, keeper)
    keeper.album.describe(first, "I see a cat.")
    (tmp_path / "photos" / first).unlink()
    assert keep_one(tmp_path, keeper) == first
    assert [photo.description for photo in opened(tmp_path, 5).album.photos] == [""]
