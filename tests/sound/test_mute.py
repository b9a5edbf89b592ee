"""Muting on a virtual sound card: the sound server itself says whether anybody records."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing

import pytest

from mortar.bricks.mute import Mute
from mortar.drivers.microphone import CAPTURES, open_microphone
from mortar.drivers.microphone_live import Capture, Inbox, LiveMicrophone
from mortar.settings import Microphone, RunOptions, Settings, Speaker
from virtual_sound import VirtualSound
from voice.loops import in_loop

DRIVERS = ["portaudio", "alsa"]


def configured(driver: str) -> Microphone:
    return Microphone(driver=driver, echo_cancellation="none")  # type: ignore[arg-type]


@pytest.mark.parametrize("driver", DRIVERS)
@in_loop
async def test_while_muted_nobody_records(sound: VirtualSound, driver: str) -> None:
    """Nothing is open before it is allowed, one stream while it hears, none once muting has returned."""
    sound.plug_microphone()
    microphone = open_microphone(Settings(microphone=configured(driver)), RunOptions())
    heard = asyncio.Event()

    async def hear() -> None:
        async with aclosing(microphone.blocks()) as blocks:
            async for _ in blocks:
                heard.set()

    async with asyncio.TaskGroup() as tasks:
        mute = Mute(tasks, hear)
        await mute.obey(is_muted=True)
        assert await asyncio.to_thread(sound.recorders) == 0
        for _ in range(2):
            heard.clear()
            await mute.obey(is_muted=False)
            await heard.wait()
            assert await asyncio.to_thread(sound.recorders) == 1
            await mute.obey(is_muted=True)
            assert await asyncio.to_thread(sound.recorders) == 0


@in_loop
async def test_a_microphone_that_is_being_opened_is_closed_before_muting_is_done(sound: VirtualSound) -> None:
    """Nothing interrupts the opening: what comes of it is closed, and only then is it over."""
    sound.plug_microphone()
    began, go_on = threading.Event(), threading.Event()

    def slowly(inbox: Inbox) -> Capture:
        began.set()
        go_on.wait()
        return CAPTURES["alsa"](configured("alsa"), Speaker(), inbox)

    async def hear() -> None:
        async for _ in LiveMicrophone(slowly).blocks():
            raise AssertionError("sound came although it was muted")

    async with asyncio.TaskGroup() as tasks:
        mute = Mute(tasks, hear)
        await mute.obey(is_muted=False)
        await asyncio.to_thread(began.wait)
        muting = asyncio.create_task(mute.obey(is_muted=True))
        await asyncio.sleep(0)  # it is under way
        go_on.set()
        await muting
        assert await asyncio.to_thread(sound.recorders) == 0
