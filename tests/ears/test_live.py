"""The ears as a real worker with a microphone that is not there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness import started
from mortar.bricks import ears
from mortar.messages import Failure, Listen, Report
from mortar.settings import Microphone, RunOptions, Settings

ABSENT = Settings(microphone=Microphone(device="no such card"))


@pytest.fixture(autouse=True)
def no_sound_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the computer has: the device of that name is looked for among none."""
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'none'}")


def test_a_missing_microphone_is_said_once_and_looked_for(tmp_path: Path) -> None:
    """The ears serve all the same; who is listened to is told that nothing can be heard."""

    async def scenario() -> None:
        async with started(ears.main, ["assistant", "listen"], settings=ABSENT) as brick:
            await brick.ready()
            failure = await brick.failure()
            assert failure.code == "microphone-missing"
            assert "no such card" in failure.what
            report = await brick["supervisor"].expect(Report)
            assert str(report.figures["microphone"]).startswith("waiting: ")
            for turn in (1, 2):
                brick["assistant"].send(Listen(turn))
                assert (await brick["assistant"].expect(Failure)).code == "microphone-missing"
        said = [message for message in brick["supervisor"].seen if isinstance(message, Failure)]
        assert said == [failure]

    asyncio.run(scenario())


def test_a_run_for_one_exchange_does_not_wait_for_a_missing_microphone() -> None:
    """It ends with the one line."""

    async def scenario() -> None:
        run = RunOptions(once=True)
        async with started(ears.main, ["assistant", "listen"], settings=ABSENT, run=run) as brick:
            assert (await brick.failure()).code == "microphone-missing"

    asyncio.run(scenario())
