"""SIGKILL at any moment of keeping photos: what was confirmed is there, and nothing is there by half."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest
from PIL import Image

from killing import killed_while_writing, tell
from mortar.assistant.keeper import Keeper
from mortar.clock import Moment
from mortar.drivers.pictures import jpeg
from mortar.photos import FOLDER, Photo, PhotoFolder
from mortar.settings import Photos
from mortar.store.database import FILE
from reminders.boards import never

MOST = 6
CHANGES = 4
"""That a writer confirms at most before its last ms begin."""
LATEST_ms = 30.0
"""A photo takes some ten ms: its file, its row, the oldest that leaves, and its description."""

TAKEN = datetime(2026, 11, 21, 9, 0)
PICTURE = jpeg(Image.effect_noise((320, 240), 80).convert("RGB"))


def opened(path: Path) -> Keeper:
    keeper = Keeper(path / FILE, never, Photos(keep=MOST))
    keeper.open()
    return keeper


def write_on(path: Path, writer: int, confirmed: int) -> None:
    """Photo after photo, the eye's part and the assistant's; each name is told once it is described."""
    keeper, folder = opened(path), PhotoFolder(path / FOLDER)
    for second in count():
        name = folder.keep(PICTURE, TAKEN + timedelta(days=writer, seconds=second))
        keeper.album.keep(Photo(name, Moment(TAKEN.timestamp(), 0.0, "boot")))
        keeper.album.describe(name, f"I see {name}.")
        tell(confirmed, name)


@pytest.mark.parametrize(
    ("kills", "seed"), [(20, 7), pytest.param(500, 11, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_no_photo_is_lost_and_none_is_there_by_half(tmp_path: Path, kills: int, seed: int) -> None:
    """Every file is a whole picture and every file has its row, once Mortar has started again."""
    rng = random.Random(seed)
    n_confirmed, n_strays = 0, 0
    for number in range(kills):
        confirmed = killed_while_writing(partial(write_on, tmp_path, number), rng, CHANGES, LATEST_ms)
        n_confirmed += len(confirmed)
        photos = opened(tmp_path).album.photos
        files = PhotoFolder(tmp_path / FOLDER).taken_at()
        for name in files:
            with Image.open(BytesIO((tmp_path / FOLDER / name).read_bytes()), formats=["JPEG"]) as picture:
                picture.load()
        assert set(files) <= {photo.file for photo in photos}
        assert len(photos) <= MOST
        described = [photo.file for photo in photos if photo.description]
        assert all(photo.description in ("", f"I see {photo.file}.") for photo in photos)
        # The one that was on its way may have made the oldest leave.
        assert set(confirmed[-(MOST - 1) :]) <= set(described)
        n_strays += len(photos) - len(described)
    assert n_confirmed > kills / 2, "most writers were killed in the middle of their work"
    assert n_strays, "some had a file or a row, and no description yet"
