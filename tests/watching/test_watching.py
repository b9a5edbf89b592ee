"""The eye's real main, watching: with its language peer played by a real ring reader."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness import Brick, started
from mortar.bricks import eye
from mortar.messages import (
    NO_TURN,
    Failure,
    Look,
    Looked,
    PowerChanged,
    Report,
    RingOffer,
    SlotReady,
    TurnOver,
    Watch,
    Watched,
)
from mortar.power import MAINS, Power, PowerState
from mortar.privacy import NONE, Closed
from mortar.rings.token_reader import ReadSlot, TokenRingReader
from mortar.settings import Eye, RunOptions, Settings
from scenes import table, tokens_of

PEERS = ["assistant", "language"]
QUICK = Eye(watch=True, watch_most_Hz=30.0, watch_least_Hz=30.0)


class View:
    """A picture file in front of the camera, and the reading end of the ring."""

    def __init__(self, brick: Brick, path: Path, reader: TokenRingReader) -> None:
        self.brick = brick
        self.path = path
        self._reader = reader

    def show(self, *things: str) -> None:
        """The eye finds the old file or the new one, never half of one."""
        aside = self.path.with_name("aside.png")
        table(things, aside)
        aside.replace(self.path)

    async def handed_over(self, turn: int = NO_TURN) -> ReadSlot:
        """The next picture for `turn`, taken."""
        while (ready := await self.brick["language"].expect(SlotReady)).turn != turn:
            self._reader.handle(ready)
        self._reader.handle(ready)
        slot = self._reader.take_newest(turn)
        assert slot is not None
        return slot

    async def report(self, **figures: int) -> dict[str, object]:
        """The next report in which the figures are at least so."""
        while True:
            found = (await self.brick["supervisor"].expect(Report)).figures
            if all(int(found.get(name, -1)) >= least for name, least in figures.items()):
                return dict(found)


@asynccontextmanager
async def watching(folder: Path, settings: Eye = QUICK, power: Power = MAINS) -> AsyncIterator[View]:
    """On a table with a cat."""
    path = table(["cat"], folder / "view.png")
    async with started(
        eye.main, PEERS, settings=Settings(eye=settings), run=RunOptions(camera=str(path))
    ) as brick:
        brick["supervisor"].send(PowerChanged(power))
        await brick.ready()
        offer = await brick["language"].expect(RingOffer)
        reader = TokenRingReader(offer, os.dup(brick["language"].descriptors[0]), brick["language"].send)
        yield View(brick, path, reader)


def test_what_is_there_is_handed_over_once_and_what_comes_after_it(tmp_path: Path) -> None:
    """One picture for a table that stays as it is, and one for another table."""

    async def scenario() -> None:
        async with watching(tmp_path) as view:
            with await view.handed_over() as slot:
                np.testing.assert_allclose(slot.array, tokens_of(view.path), atol=1e-5)
            seen = await view.report(watch_gated=10)
            assert seen["watch_encoded"] == 1
            view.show("cat", "dog")
            with await view.handed_over() as slot:
                np.testing.assert_allclose(slot.array, tokens_of(view.path), atol=1e-5)

    asyncio.run(scenario())


def test_a_look_at_what_has_not_changed_is_answered_with_what_is_known(tmp_path: Path) -> None:
    """Nothing is encoded, and language hears that it is the same picture; what is new is encoded."""

    async def scenario() -> None:
        async with watching(tmp_path) as view:
            with await view.handed_over() as slot:
                known = slot.picture
            view.brick["assistant"].send(Look(7))
            with await view.handed_over(7) as slot:
                assert slot.picture == known
                np.testing.assert_allclose(slot.array, tokens_of(view.path), atol=1e-5)
            assert (await view.brick["assistant"].expect(Looked)).turn == 7
            assert (await view.report(watch_spared=1))["watch_encoded"] == 1
            view.show("dog", "apple")
            view.brick["assistant"].send(Look(8))
            with await view.handed_over(8) as slot:
                assert slot.picture != known
                np.testing.assert_allclose(slot.array, tokens_of(view.path), atol=1e-5)

    asyncio.run(scenario())


def test_a_turn_has_the_language_model_for_itself(tmp_path: Path) -> None:
    """Nothing watched comes between a look and the end of its turn; then what is there comes again."""

    async def scenario() -> None:
        async with watching(tmp_path) as view:
            (await view.handed_over()).release()
            view.brick["assistant"].send(Look(7))
            (await view.handed_over(7)).release()
            view.show("dog")
            view.brick["assistant"].send(Look(8))
            ready = await view.brick["language"].expect(SlotReady)
            assert ready.turn == 8
            view.brick["assistant"].send(TurnOver(8))
            ready = await view.brick["language"].expect(SlotReady)
            assert ready.turn == NO_TURN

    asyncio.run(scenario())


def test_it_watches_while_somebody_waits_to_be_told(tmp_path: Path) -> None:
    """Off in the settings: it begins with the wish, tells of each picture, and ends with it."""

    async def scenario() -> None:
        off = msgspec.structs.replace(QUICK, watch=False)
        async with watching(tmp_path, off) as view:
            view.brick["assistant"].send(Watch(True))
            (await view.handed_over()).release()
            await view.brick["assistant"].expect(Watched)
            view.show("dog")
            (await view.handed_over()).release()
            await view.brick["assistant"].expect(Watched)
            view.brick["assistant"].send(Watch(False))
            view.show("apple")
            view.brick["assistant"].send(Look(7))
            assert (await view.brick["language"].expect(SlotReady)).turn == 7

    asyncio.run(scenario())


def test_with_the_camera_off_nothing_is_watched_and_nothing_is_kept(tmp_path: Path) -> None:
    """Switched on again, the same table is a new picture."""

    async def scenario() -> None:
        async with watching(tmp_path) as view:
            with await view.handed_over() as slot:
                known = slot.picture
            view.brick.switch(Closed(microphone=False, camera=True))
            await view.brick.obeyed()
            view.path.rename(tmp_path / "aside.png")  # whoever opened it now would fail
            view.brick["assistant"].send(Look(7))
            assert (await view.brick["assistant"].expect(Failure)).code == "camera-off"
            view.brick["assistant"].send(TurnOver(7))
            (tmp_path / "aside.png").rename(view.path)
            view.brick.switch(NONE)
            with await view.handed_over() as slot:
                assert slot.picture != known
        assert not any(isinstance(message, Failure) for message in view.brick["supervisor"].seen)

    asyncio.run(scenario())


def test_a_low_battery_ends_it_and_mains_begin_it(tmp_path: Path) -> None:
    """A look works at any time."""

    async def scenario() -> None:
        async with watching(tmp_path, power=Power(PowerState.CRITICAL, 0.0)) as view:
            view.brick["assistant"].send(Look(7))
            assert (await view.brick["language"].expect(SlotReady)).turn == 7
            view.brick["assistant"].send(TurnOver(7))
            view.brick["supervisor"].send(PowerChanged(MAINS))
            (await view.handed_over()).release()

    asyncio.run(scenario())


def test_the_budget_of_tokens_is_held(tmp_path: Path) -> None:
    """One picture's worth a minute: the second has to wait, and is counted."""

    async def scenario() -> None:
        poor = msgspec.structs.replace(QUICK, watch_budget_tok_per_min=1)
        async with watching(tmp_path, poor) as view:
            (await view.handed_over()).release()
            view.show("dog")
            seen = await view.report(watch_held_back=5)
            assert seen["watch_encoded"] == 1

    asyncio.run(scenario())


def test_a_camera_that_fails_is_told_of_once_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen before it failed is not taken for what is there now."""
    monkeypatch.setattr("mortar.bricks.eye.watching.LOOK_AGAIN_ms", 20.0)

    async def scenario() -> None:
        async with watching(tmp_path) as view:
            with await view.handed_over() as slot:
                known = slot.picture
            view.path.rename(tmp_path / "unplugged.png")
            assert (await view.brick.failure()).code == "picture-missing"
            (tmp_path / "unplugged.png").rename(view.path)
            with await view.handed_over() as slot:
                assert slot.picture != known
        told = [message for message in view.brick["supervisor"].seen if isinstance(message, Failure)]
        assert len(told) == 1

    asyncio.run(scenario())


def test_a_turn_that_did_not_look_ends_with_the_picture_too(tmp_path: Path) -> None:
    """What was asked of it then has come to nothing: it is handed over, and told of, again."""

    async def scenario() -> None:
        async with watching(tmp_path) as view:
            view.brick["assistant"].send(Watch(True))
            with await view.handed_over() as slot:
                known = slot.picture
            await view.brick["assistant"].expect(Watched)
            view.brick["assistant"].send(TurnOver(3))
            with await view.handed_over() as slot:
                assert slot.picture == known
            await view.brick["assistant"].expect(Watched)

    asyncio.run(scenario())
