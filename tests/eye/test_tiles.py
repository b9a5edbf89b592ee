"""The eye on a model that knows tiles: a slot has the tokens of the thumbnail and of every tile."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness import started
from mortar import resources
from mortar.bricks import eye
from mortar.messages import (
    Abort,
    Failure,
    JobBegan,
    Look,
    Looked,
    RingOffer,
    SlotGrown,
    SlotReady,
    SlotWithdrawn,
)
from mortar.privacy import Closed
from mortar.rings.token_reader import TokenRingReader
from mortar.runtimes.interfaces import Done, Floats, Pixels, UnitFailed
from mortar.runtimes.manifest import MANIFEST
from mortar.runtimes.vision import Batches
from mortar.settings import RunOptions
from scenes import tokens_of

TILES = '[vision.tiles]\nmost_across = 8\nmost = 64\nfit = "squash"\n\n'
SIDE = 128
TILE_TOK = 16


def tiled_model(folder: Path) -> Path:
    """The bundled model, with a manifest that says it was trained with tiles."""
    bundled = resources.bundled_model()
    for path in bundled.iterdir():
        (folder / path.name).symlink_to(path)
    text = (bundled / MANIFEST).read_text(encoding="utf-8")
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).write_text(text.replace("[language]", TILES + "[language]"), encoding="utf-8")
    return folder


def test_the_slot_has_the_thumbnail_and_then_every_tile(tmp_path: Path) -> None:
    """And a small picture takes one picture's tokens, as ever."""
    pictures, model = tmp_path / "pictures", tmp_path / "model"
    pictures.mkdir()
    model.mkdir()
    large = Image.fromarray(np.random.default_rng(7).integers(0, 256, (SIDE, 2 * SIDE, 3), np.uint8))
    large.save(pictures / "1.png")
    large.crop((0, 0, SIDE, SIDE)).save(pictures / "2.png")
    for number, left in enumerate((0, SIDE)):
        large.crop((left, 0, left + SIDE, SIDE)).save(tmp_path / f"tile-{number}.png")

    async def scenario() -> None:
        run = RunOptions(camera=str(pictures), model=str(tiled_model(model)))
        async with started(eye.main, ["assistant", "language"], run=run) as brick:
            await brick.ready()
            offer = await brick["language"].expect(RingOffer)
            reader = TokenRingReader(offer, os.dup(brick["language"].descriptors[0]), brick["language"].send)
            whole = [tokens_of(path) for path in sorted(pictures.iterdir())]
            tiles = [tokens_of(tmp_path / f"tile-{number}.png") for number in range(2)]
            for turn, wanted in ((1, [whole[0], *tiles]), (2, [whole[1]])):
                brick["assistant"].send(Look(turn))
                reader.handle(await brick["language"].expect(SlotReady))
                with reader.take_newest() as slot:
                    tokens = np.concatenate(wanted)
                    for _ in wanted:  # whatever it was told of is there, and stays
                        there = slot.there_tok
                        np.testing.assert_allclose(slot.array[:there], tokens[:there], atol=1e-5)
                        if not slot.is_whole:
                            reader.handle(await brick["language"].expect(SlotGrown))
                    assert slot.is_whole
                await brick["assistant"].expect(Looked)

    asyncio.run(scenario())


def test_tiles_that_take_too_long_fail_the_turn_and_the_next_look_works(tmp_path: Path) -> None:
    """The supervisor says Abort; the encoder gives up between two of 65 pictures, what was handed over of
    them is withdrawn, and the eye lives on."""
    pictures, model = tmp_path / "pictures", tmp_path / "model"
    pictures.mkdir()
    model.mkdir()
    Image.effect_noise((8 * SIDE, 8 * SIDE), 50).convert("RGB").save(pictures / "1.png")
    Image.new("RGB", (SIDE, SIDE), "red").save(pictures / "2.png")

    async def scenario() -> None:
        run = RunOptions(camera=str(pictures), model=str(tiled_model(model)))
        async with started(eye.main, ["assistant", "language"], run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Look(1))
            job = await brick["supervisor"].expect(JobBegan)
            while not job.what.startswith("encode"):
                job = await brick["supervisor"].expect(JobBegan)
            brick["supervisor"].send(Abort(job.job))
            failure = await brick["assistant"].expect(Failure)
            assert (failure.code, failure.turn) == ("vision-too-slow", 1)
            brick["assistant"].send(Look(2))
            assert (await brick["assistant"].expect(Looked)).turn == 2
            while (await brick["language"].expect(SlotReady)).turn != 2:
                pass
            said = brick["language"].seen
            begun = [message for message in said if isinstance(message, SlotReady) and message.turn == 1]
            withdrawn = [message for message in said if isinstance(message, SlotWithdrawn)]
            assert [one.generation for one in begun] == [one.generation for one in withdrawn]

    asyncio.run(scenario())


def test_a_unit_that_fails_half_way_leaves_the_rest_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was handed over by then is read already, and is not encoded again."""
    pictures, model = tmp_path / "pictures", tmp_path / "model"
    pictures.mkdir()
    model.mkdir()
    noise = np.random.default_rng(7).integers(0, 256, (SIDE, 2 * SIDE, 3), np.uint8)
    Image.fromarray(noise).save(pictures / "1.png")
    encode = Batches.encode
    ran: list[tuple[str, int]] = []

    def two_then_none(self: Batches, given: Pixels, out: Floats, done: Done) -> None:
        ran.append((self.unit, len(given)))
        if len(ran) > 1:
            return encode(self, given, out, done)
        encode(self, given[:2], out[:2], done)
        done(2)
        raise UnitFailed("vision-engine-failed", "the unit went away", "see the log")

    monkeypatch.setattr(Batches, "encode", two_then_none)

    async def scenario() -> None:
        run = RunOptions(camera=str(pictures), model=str(tiled_model(model)))
        async with started(eye.main, ["assistant", "language"], run=run) as brick:
            await brick.ready()
            offer = await brick["language"].expect(RingOffer)
            reader = TokenRingReader(offer, os.dup(brick["language"].descriptors[0]), brick["language"].send)
            brick["assistant"].send(Look(1))
            reader.handle(await brick["language"].expect(SlotReady))
            slot = reader.take_newest()
            assert slot is not None
            while slot.there_tok < 2 * TILE_TOK:
                reader.handle(await brick["language"].expect(SlotGrown))
            then = slot.array[: 2 * TILE_TOK].copy()
            while not slot.is_whole:
                reader.handle(await brick["language"].expect(SlotGrown))
            np.testing.assert_array_equal(slot.array[: 2 * TILE_TOK], then)
            (first, n_first), (second, n_second) = ran
            assert first != second and (n_first, n_second) == (3, 1)

    asyncio.run(scenario())


def test_a_picture_is_withdrawn_where_the_camera_is_switched_off_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may look: what was handed over by then is forgotten, and no more of it comes."""
    pictures, model = tmp_path / "pictures", tmp_path / "model"
    pictures.mkdir()
    model.mkdir()
    Image.effect_noise((2 * SIDE, SIDE), 50).convert("RGB").save(pictures / "1.png")
    encode = Batches.encode
    is_off = threading.Event()

    def held_up(self: Batches, given: Pixels, out: Floats, done: Done) -> None:
        encode(self, given[:1], out[:1])
        done(1)
        assert is_off.wait(60)
        encode(self, given[1:2], out[1:2])
        done(2)
        encode(self, given[2:], out[2:])

    monkeypatch.setattr(Batches, "encode", held_up)

    async def scenario() -> None:
        run = RunOptions(camera=str(pictures), model=str(tiled_model(model)))
        async with started(eye.main, ["assistant", "language"], run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Look(1))
            part = await brick["language"].expect(SlotReady)
            assert (part.n_tok, part.of_tok) == (TILE_TOK, 3 * TILE_TOK)
            brick.switch(Closed(microphone=False, camera=True))
            await brick.obeyed()
            is_off.set()
            assert (await brick["assistant"].expect(Failure)).code == "camera-off"
            withdrawn = await brick["language"].expect(SlotWithdrawn)
            assert withdrawn.generation == part.generation
            assert not [message for message in brick["language"].seen if isinstance(message, SlotGrown)]

    asyncio.run(scenario())
