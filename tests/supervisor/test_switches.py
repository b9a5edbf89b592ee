"""The privacy switches: who holds a device obeys or is ended, and whoever switched hears of it after that."""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mortar import privacy, resources
from mortar.commands import main
from mortar.messages import Switch, Switched
from mortar.privacy import BOTH, NONE, Closed, Device
from mortar.settings import Supervision
from mortar.supervisor import health, switches
from mortar.supervisor.table import Row
from supervisor.rig import row, supervised

MUTED = Closed(microphone=True, camera=False)
MUTE = Switch(Device.MICROPHONE, is_on=False)

PTRACE_CONT, PTRACE_SEIZE, PTRACE_O_TRACEEXIT, WALL = 7, 0x4206, 0x40, 0x4000_0000
"""Of linux/ptrace.h and linux/wait.h."""


def ears(main: str) -> Row:
    return row("ears", main, device=Device.MICROPHONE)


def test_who_holds_the_device_is_told_at_the_start_and_at_each_change() -> None:
    """The answer comes once it has obeyed, and it is on the disk by then; then the assistant is told too."""

    async def scenario() -> None:
        async with supervised(ears("holding_a_device"), row("assistant", "serving")) as rig:
            assert (await rig.event("told"))["microphone"] is False
            await rig.event("got", who="assistant", message="Privacy")
            assert await rig.supervisor.switch(MUTE) == Switched(MUTED)
            assert privacy.load(resources.data_folder()) == MUTED
            assert (await rig.event("told"))["microphone"] is True
            await rig.event("got", who="assistant", message="Privacy")
            assert (await rig.status())["muted"] is True

    asyncio.run(scenario())


def test_a_process_that_does_not_close_its_device_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed, started again, and told before it could open anything; the switch has done what it should."""
    monkeypatch.setattr(switches, "CLOSE_S", 0.2)

    async def scenario() -> None:
        async with supervised(ears("keeping_its_device"), row("assistant", "serving")) as rig:
            await rig.event("ready")
            assert await rig.supervisor.switch(MUTE) == Switched(MUTED)
            assert (await rig.event("error"))["code"] == "device-not-closed"
            assert (await rig.event("restart"))["exit"] == "SIGKILL"
            await rig.event("told first", who="ears")

    asyncio.run(scenario())


@contextmanager
def unkillable(pid: int) -> Iterator[None]:
    """SIGKILL does not end that process: on its way out it is stopped for its tracer (ptrace(2)), with its
    files open, as it would be inside a driver that does not return."""
    trace = ctypes.CDLL(None, use_errno=True).ptrace
    trace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    if trace(PTRACE_SEIZE, pid, None, PTRACE_O_TRACEEXIT) != 0:
        pytest.skip(f"no process may be traced here: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        os.waitpid(pid, WALL)
        trace(PTRACE_CONT, pid, None, None)


def test_a_device_that_cannot_be_closed_is_owned_up_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process does not obey, and does not end either: whoever mutes is told, and it stays muted."""
    monkeypatch.setattr(switches, "CLOSE_S", 0.2)
    monkeypatch.setattr(health, "KILL_GRACE_MS", 200)

    async def scenario() -> None:
        rows = (ears("keeping_its_device"), row("assistant", "serving"))
        async with supervised(*rows, limits=Supervision(stop_grace_ms=200)) as rig:
            pid = (await rig.event("began", who="ears"))["pid"]
            assert isinstance(pid, int)
            with unkillable(pid):
                switched = await rig.supervisor.switch(MUTE)
                assert switched.closed == MUTED
                assert switched.failure is not None and switched.failure.code == "device-stays-open"
                assert Path(f"/proc/{pid}/fd").exists()
                await rig.event("error", code="device-not-closed", process="ears")
                await rig.event("error", code="process-lost", process="ears")
                assert (await rig.status())["processes"]["ears"]["state"] == "lost until reboot"
                assert rig.said("restart") == []

    asyncio.run(scenario())


def test_a_change_that_was_overtaken_counts_for_nothing() -> None:
    """Off, on and off again at once: it is off, for the process and on the disk."""

    async def scenario() -> None:
        async with supervised(ears("holding_a_device"), row("assistant", "serving")) as rig:
            await rig.event("ready")
            changes = [
                rig.supervisor.switch(Switch(Device.MICROPHONE, is_on)) for is_on in (False, True, False)
            ]
            assert [switched.closed for switched in await asyncio.gather(*changes)] == [MUTED] * 3
            assert privacy.load(resources.data_folder()) == MUTED
            assert [told["microphone"] for told in rig.said("told")][-1] is True

    asyncio.run(scenario())


def test_a_disk_that_takes_nothing_is_told_and_muting_holds(runtime_folder: Path) -> None:
    """Until the next start, which is said."""

    async def scenario() -> None:
        async with supervised(ears("holding_a_device"), row("assistant", "serving")) as rig:
            await rig.event("ready")
            resources.data_folder().parent.touch()  # where the folder should go is a file
            switched = await rig.supervisor.switch(MUTE)
            assert switched.closed == MUTED
            assert switched.failure is not None and switched.failure.code == "privacy-unwritable"
            assert [told["microphone"] for told in rig.said("told")] == [False, True]

    asyncio.run(scenario())


def test_the_commands_switch_the_running_mortar_and_the_next_start(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def scenario() -> None:
        assert await asyncio.to_thread(main, ["camera", "off"]) == 0
        async with supervised(ears("holding_a_device"), row("assistant", "serving")) as rig:
            await rig.event("ready")
            assert (await rig.status())["camera_off"] is True
            assert await asyncio.to_thread(main, ["mute", "on"]) == 0
            assert privacy.load(resources.data_folder()) == BOTH
            for command in (["mute", "off"], ["camera", "on"]):
                assert await asyncio.to_thread(main, command) == 0
            assert privacy.load(resources.data_folder()) == NONE

    asyncio.run(scenario())
    assert capsys.readouterr().out.splitlines() == [
        "the camera is closed when Mortar is started",
        "the microphone is closed now",
        "the microphone is on now",
        "the camera is on now",
    ]
