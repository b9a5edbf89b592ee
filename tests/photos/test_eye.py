"""The real eye keeps photos: what is in the file, who may read it, and a disk that refuses."""

from __future__ import annotations

import asyncio
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness import Brick, started
from mortar import resources
from mortar.bricks import eye
from mortar.messages import Failure, Look, Looked, RingOffer, SlotReady
from mortar.privacy import NONE, Closed
from mortar.rings.token_reader import TokenRingReader
from mortar.settings import RunOptions

PEERS = ["assistant", "language"]


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return resources.data_folder() / "photos"


def camera(tmp_path: Path) -> RunOptions:
    """Sees noise: some 300 kB as JPEG."""
    path = tmp_path / "seen.png"
    Image.effect_noise((640, 480), 90).convert("RGB").save(path)
    return RunOptions(camera=str(path))


async def photo(brick: Brick, turn: int) -> str:
    brick["assistant"].send(Look(turn, keep=True))
    looked = await brick["assistant"].expect(Looked)
    assert looked.turn == turn and looked.photo is not None
    return looked.photo


@contextmanager
def room_for(size_B: int) -> Iterator[None]:
    """No file may grow larger: writing fails in its middle, as on a full disk."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_B, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def test_a_photo_is_the_picture_that_was_looked_at(tmp_path: Path, photos: Path) -> None:
    """Of the camera's size, a whole JPEG that nobody else can read; a look that is none keeps nothing."""

    async def scenario() -> None:
        run = camera(tmp_path)
        async with started(eye.main, PEERS, run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Look(1))
            assert (await brick["assistant"].expect(Looked)).photo is None
            assert not photos.exists()
            name = await photo(brick, 2)
        assert [path.name for path in photos.iterdir()] == [name]
        assert stat.S_IMODE((photos / name).stat().st_mode) == 0o600
        assert stat.S_IMODE(photos.stat().st_mode) == 0o700
        with Image.open(photos / name, formats=["JPEG"]) as kept, Image.open(str(run.camera)) as seen:
            off = np.abs(np.asarray(kept, np.float64) - np.asarray(seen.convert("RGB"), np.float64))
            assert kept.size == seen.size and not kept.getexif()
        assert off.mean() < 10, "JPEG loses a little of noise"

    asyncio.run(scenario())


def test_language_has_the_photo_when_the_assistant_hears_of_it(tmp_path: Path, photos: Path) -> None:
    """So a question that follows is about this picture, not about an earlier one of the turn."""

    async def scenario() -> None:
        async with started(eye.main, PEERS, run=camera(tmp_path)) as brick:
            await brick.ready()
            offer = await brick["language"].expect(RingOffer)
            reader = TokenRingReader(offer, os.dup(brick["language"].descriptors[0]), brick["language"].send)
            for keep in (False, True):
                brick["assistant"].send(Look(1, keep=keep))
                await brick["assistant"].expect(Looked)
                reader.handle(await brick["language"].expect(SlotReady, patience_s=1.0))

    asyncio.run(scenario())


def test_a_disk_that_is_full_fails_the_turn_and_nothing_else(tmp_path: Path, photos: Path) -> None:
    """Nothing is left of the photo, those before it are there, and the next one is kept."""

    async def scenario() -> None:
        async with started(eye.main, PEERS, run=camera(tmp_path)) as brick:
            await brick.ready()
            first = await photo(brick, 1)
            with room_for(100_000):
                brick["assistant"].send(Look(2, keep=True))
                failure = await brick["assistant"].expect(Failure)
            assert (failure.code, failure.turn) == ("photo-unwritable", 2)
            assert [path.name for path in photos.iterdir()] == [first]
            second = await photo(brick, 3)
            assert {path.name for path in photos.iterdir()} == {first, second}

    asyncio.run(scenario())


def test_no_photo_while_the_camera_is_off(tmp_path: Path, photos: Path) -> None:
    """And one as soon as it is on again."""

    async def scenario() -> None:
        async with started(eye.main, PEERS, run=camera(tmp_path)) as brick:
            await brick.ready()
            brick.switch(Closed(microphone=False, camera=True))
            await brick.obeyed()
            brick["assistant"].send(Look(1, keep=True))
            assert (await brick["assistant"].expect(Failure)).code == "camera-off"
            assert not photos.exists()
            brick.switch(NONE)
            await photo(brick, 2)

    asyncio.run(scenario())
