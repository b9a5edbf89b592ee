"""Muting on a virtual sound card: the sound server itself says whether anybody records."""

from __future__ import annotations

import asyncio
import threading

import pytest

from harness import started
from mortar.bricks import ears
from mortar.drivers.microphone import CAPTURES
from mortar.drivers.microphone_live import Capture, Inbox, LiveMicrophone
from mortar.messages import MicrophoneOpened
from mortar.privacy import BOTH, NONE
from mortar.settings import Microphone, Settings, Speaker
from virtual_sound import VirtualSound
from voice.loops import in_loop

DRIVERS = ["portaudio", "alsa"]


def configured(driver: str) -> Microphone:
    return Microphone(driver=driver, echo_cancellation="none")  # type: ignore[arg-type]


def recorders(sound: VirtualSound) -> list[str]:
    """Streams that record the microphone now; the microphone itself takes one from its cable."""
    lines = sound.pactl("list", "short", "source-outputs").splitlines()
    sources = dict(line.split("\t")[1::-1] for line in sound.pactl("list", "short", "sources").splitlines())
    microphone = sources["usb-microphone"]
    return [line for line in lines if line.split("\t")[1] == microphone]


@pytest.mark.parametrize("driver", DRIVERS)
@in_loop
async def test_while_muted_nobody_records(sound: VirtualSound, driver: str) -> None:
    """One stream while it listens, none once the ears have said that they obey, one again after that."""
    sound.plug_microphone()
    settings = Settings(microphone=configured(driver))
    async with started(ears.main, ["assistant", "listen"], settings=settings, closed=BOTH) as brick:
        await brick.obeyed()
        assert await asyncio.to_thread(recorders, sound) == []
        for _ in range(2):
            brick.switch(NONE)
            await brick.obeyed()
            await brick["assistant"].expect(MicrophoneOpened)
            assert len(await asyncio.to_thread(recorders, sound)) == 1
            brick.switch(BOTH)
            await brick.obeyed()
            assert await asyncio.to_thread(recorders, sound) == []


@in_loop
async def test_a_microphone_that_is_being_opened_is_closed_before_muting_is_done(sound: VirtualSound) -> None:
    """Nothing interrupts the opening: what comes of it is closed, and only then is it over."""
    sound.plug_microphone()
    began, go_on = threading.Event(), threading.Event()

    def slowly(inbox: Inbox) -> Capture:
        began.set()
        go_on.wait()
        return CAPTURES["alsa"](configured("alsa"), Speaker(), inbox)

    microphone = LiveMicrophone(slowly)
    hearing = asyncio.create_task(anext(microphone.blocks()))
    await asyncio.to_thread(began.wait)
    hearing.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    await asyncio.wait([hearing])
    assert hearing.cancelled()
    assert await asyncio.to_thread(recorders, sound) == []
