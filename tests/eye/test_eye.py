"""The eye brick's real main, with its language peer played by a real ring reader."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from PIL import Image

from harness import started
from looks import reading_end
from mortar import resources
from mortar.bricks import eye
from mortar.messages import Failure, Look, Looked, Ready, SlotReady, SlotRecall
from mortar.runtimes.manifest import MANIFEST
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import RunOptions, Settings
from scenes import tokens_of

PEERS = ["assistant", "language"]


def pictures(folder: Path) -> Path:
    """Three pictures of other colours."""
    for number, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (64, 48), colour).save(folder / f"{number}.png")
    return folder


def test_a_look_ends_in_the_pictures_tokens(tmp_path: Path) -> None:
    """The slot holds what the encoder gives for that picture, and says whose turn it is."""

    async def scenario() -> None:
        folder = pictures(tmp_path)
        async with started(eye.main, PEERS, run=RunOptions(camera=str(folder))) as brick:
            ready = await brick.ready()
            assert ready.placement == {"vision": "tflite/cpu"}
            reader = await reading_end(brick)
            for turn in (1, 2, 3):
                brick["assistant"].send(Look(turn))
                looked = await brick["assistant"].expect(Looked)
                reader.handle(await brick["language"].expect(SlotReady))
                with reader.take_newest() as slot:
                    assert (slot.turn, looked.turn, looked.frame) == (turn, turn, turn)
                    np.testing.assert_allclose(slot.array, tokens_of(folder / f"{turn - 1}.png"), atol=1e-5)

    asyncio.run(scenario())


def test_a_picture_that_cannot_be_read_fails_the_turn_and_nothing_else(tmp_path: Path) -> None:
    """The assistant and the status hear why; the next look works."""

    async def scenario() -> None:
        path = tmp_path / "picture.png"
        path.write_text("not a picture")
        async with started(eye.main, PEERS, run=RunOptions(camera=str(path))) as brick:
            await brick.ready()
            brick["assistant"].send(Look(4))
            failure = await brick["assistant"].expect(Failure)
            assert (failure.code, failure.turn) == ("picture-unknown", 4)
            assert await brick.failure() == failure
            Image.new("RGB", (64, 48), "red").save(path)
            brick["assistant"].send(Look(5))
            assert (await brick["assistant"].expect(Looked)).turn == 5

    asyncio.run(scenario())


def test_without_language_the_newest_picture_waits(tmp_path: Path) -> None:
    """More looks than slots while the language brick is down: it finds the newest when it is back."""

    async def scenario() -> None:
        folder = pictures(tmp_path)
        async with started(eye.main, PEERS, run=RunOptions(camera=str(folder))) as brick:
            await brick.ready()
            (await reading_end(brick)).close()
            brick.die("language")
            for turn in range(1, 6):
                brick["assistant"].send(Look(turn))
                await brick["assistant"].expect(Looked)
            brick.wire("language")
            reader = await reading_end(brick)
            for _ in range(Settings().eye.ring_slots):
                reader.handle(await brick["language"].expect(SlotReady))
            with reader.take_newest() as slot:
                assert slot.turn == 5
                np.testing.assert_allclose(slot.array, tokens_of(folder / "1.png"), atol=1e-5)

    asyncio.run(scenario())


def test_a_reader_that_died_holding_slots_gives_them_back(tmp_path: Path) -> None:
    """Killed in the middle of reading, again and again: looking goes on."""

    async def scenario() -> None:
        async with started(eye.main, PEERS, run=RunOptions(camera=str(pictures(tmp_path)))) as brick:
            await brick.ready()
            for turn in range(1, 2 * Settings().eye.ring_slots):
                reader = await reading_end(brick)
                brick["assistant"].send(Look(turn))
                await brick["assistant"].expect(Looked)
                reader.handle(await brick["language"].expect(SlotReady))
                assert reader.take_newest(turn) is not None
                brick.die("language")
                reader.close()
                brick.wire("language")

    asyncio.run(scenario())


def test_a_full_ring_asks_the_oldest_picture_back(tmp_path: Path) -> None:
    """A reader that takes nothing still answers, and the newest picture gets its slot."""

    async def scenario() -> None:
        slots = Settings().eye.ring_slots
        async with started(eye.main, PEERS, run=RunOptions(camera=str(pictures(tmp_path)))) as brick:
            await brick.ready()
            reader = await reading_end(brick)
            for turn in range(1, slots + 1):
                brick["assistant"].send(Look(turn))
                reader.handle(await brick["language"].expect(SlotReady))
            brick["assistant"].send(Look(slots + 1))
            reader.handle(await brick["language"].expect(SlotRecall))
            ready = await brick["language"].expect(SlotReady)
            assert ready.turn == slots + 1

    asyncio.run(scenario())


def swap(path: Path) -> Path:
    """Put a file of the same size in the place of a link, with one bit of it turned over."""
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.unlink()
    path.write_bytes(data)
    return path


def test_a_swapped_model_file_is_named_and_the_model_runs_from_its_other_file(tmp_path: Path) -> None:
    """Before the engine reads it; where all of them are, nothing can be loaded and the brick ends."""

    async def scenario() -> None:
        bundled = resources.bundled_model()
        for path in bundled.iterdir():
            (tmp_path / path.name).symlink_to(path)
        manifest = ModelFolder(bundled).manifest
        swapped = [swap(tmp_path / part.file) for part in (manifest.vision, manifest.extra["mmproj"])]
        async with started(eye.main, PEERS, run=RunOptions(model=str(tmp_path))) as brick:
            failure = await brick.failure()
            assert failure.code == "model-damaged" and str(swapped[0]) in failure.what
            assert not any(isinstance(message, Ready) for message in brick["supervisor"].seen)
        swapped[1].unlink()
        swapped[1].symlink_to(bundled / swapped[1].name)
        async with started(eye.main, PEERS, run=RunOptions(model=str(tmp_path))) as brick:
            assert str(swapped[0]) in (await brick.failure()).what
            assert (await brick.ready()).placement == {"vision": "mtmd/cpu"}

    asyncio.run(scenario())


def taught_closeups(folder: Path) -> Path:
    """The bundled model, whose manifest says that it was taught to be shown close-ups."""
    bundled = resources.bundled_model()
    for path in bundled.iterdir():
        (folder / path.name).symlink_to(path)
    manifest = folder / MANIFEST
    text = manifest.read_text().replace("closeup = true\n", "").replace("closeup = false\n", "")
    manifest.unlink()
    manifest.write_text(text.replace("[vision]\n", "[vision]\ncloseup = true\n"))
    return folder


def test_a_small_card_is_looked_at_twice_where_the_model_was_taught_to_be(tmp_path: Path) -> None:
    """The whole picture's tokens, and behind them those of a close-up."""

    async def scenario() -> None:
        path = tmp_path / "picture.png"
        picture = Image.new("RGB", (640, 480), "grey")
        picture.paste("yellow", (90, 300, 150, 360))
        picture.save(path)
        (tmp_path / "model").mkdir()
        model = taught_closeups(tmp_path / "model")
        n_tok = ModelFolder(model).manifest.vision.n_tok
        async with started(eye.main, PEERS, run=RunOptions(camera=str(path), model=str(model))) as brick:
            await brick.ready()
            reader = await reading_end(brick)
            brick["assistant"].send(Look(1))
            assert (await brick["assistant"].expect(Looked)).n_tok == 2 * n_tok
            reader.handle(await brick["language"].expect(SlotReady))
            with reader.take_newest() as slot:
                np.testing.assert_allclose(slot.array, tokens_of(path, model), atol=1e-5)
                assert not np.allclose(slot.array[:n_tok], slot.array[n_tok:], atol=0.1)

    asyncio.run(scenario())
