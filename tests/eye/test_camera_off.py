"""The eye as a real worker with the camera switched off: no picture is taken, and none is handed on."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from PIL import Image

from harness import started
from mortar.bricks import eye
from mortar.drivers import camera
from mortar.messages import Failure, Look, Looked, PrivacyObeyed, SlotReady
from mortar.privacy import BOTH, NONE, Closed
from mortar.settings import RunOptions

PEERS = ["assistant", "language"]


def picture(folder: Path) -> RunOptions:
    Image.new("RGB", (64, 48), "red").save(folder / "p.png")
    return RunOptions(camera=str(folder / "p.png"))


@pytest.mark.parametrize("closed", [None, BOTH], ids=["not told yet", "off"])
def test_a_look_is_refused_and_no_error_is_logged(tmp_path: Path, closed: Closed | None) -> None:
    """Who asks hears why; switched on, the eye looks."""

    async def scenario() -> None:
        async with started(eye.main, PEERS, run=picture(tmp_path), closed=closed) as brick:
            await brick.ready()
            brick["assistant"].send(Look(1))
            failure = await brick["assistant"].expect(Failure)
            assert (failure.code, failure.turn) == ("camera-off", 1)
            brick.switch(NONE)
            brick["assistant"].send(Look(2))
            assert (await brick["assistant"].expect(Looked)).turn == 2
        assert not any(isinstance(message, Failure) for message in brick["supervisor"].seen)

    asyncio.run(scenario())


def test_a_picture_that_is_being_taken_is_waited_for_and_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera is in use when it is switched off: that is done only when it is free, and nobody gets
    the picture."""
    run = picture(tmp_path)
    taking, go_on = threading.Event(), threading.Event()
    read_picture = camera.read_picture

    def slowly(path: Path) -> Image.Image:
        taking.set()
        go_on.wait()
        return read_picture(path)

    monkeypatch.setattr(camera, "read_picture", slowly)

    async def scenario() -> None:
        async with started(eye.main, PEERS, run=run) as brick:
            await brick.obeyed()
            brick["assistant"].send(Look(1))
            await asyncio.to_thread(taking.wait)
            brick.switch(BOTH)
            with pytest.raises(TimeoutError):
                await brick["supervisor"].expect(PrivacyObeyed, patience_s=0.2)
            go_on.set()
            await brick.obeyed()
            assert (await brick["assistant"].expect(Failure)).code == "camera-off"
        assert not any(isinstance(message, SlotReady) for message in brick["language"].seen)

    asyncio.run(scenario())
