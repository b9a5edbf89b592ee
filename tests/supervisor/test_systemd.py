"""What systemd is told, over a real datagram socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mortar.supervisor import systemd
from supervisor.rig import PATIENCE_S, row, supervised


@contextmanager
def listening(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """systemd's end; gives a function that waits for the next notification."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(address.replace("@", "\0"))
        sock.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield lambda: sock.recv(4_096).decode()


@pytest.mark.parametrize("kind", ["in the file system", "abstract"])
def test_notifications_arrive(kind: str, monkeypatch: pytest.MonkeyPatch, runtime_folder: Path) -> None:
    address = f"@mortar-test-{os.getpid()}" if kind == "abstract" else str(runtime_folder / "n")
    with listening(address, monkeypatch) as next_notification:
        systemd.notify("READY=1")
        assert next_notification() == "READY=1"


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_without_systemd_nothing_is_said_and_nothing_fails(
    address: str, monkeypatch: pytest.MonkeyPatch, runtime_folder: Path
) -> None:
    """The next notification that a systemd gets is the next that is meant for it."""
    own = str(runtime_folder / "notify")
    with listening(own, monkeypatch) as next_notification:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        systemd.notify("READY=1")
        monkeypatch.setenv("NOTIFY_SOCKET", own)
        systemd.notify("STOPPING=1")
        assert next_notification() == "STOPPING=1"


def test_a_run_says_ready_lives_and_says_when_it_stops(
    monkeypatch: pytest.MonkeyPatch, runtime_folder: Path
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))

    async def scenario(next_notification: Callable[[], str]) -> None:
        async with supervised(row("assistant", "serving")) as rig:
            said = [await asyncio.to_thread(next_notification)]
            while said.count("WATCHDOG=1") < 3 or "READY=1" not in said:
                said.append(await asyncio.to_thread(next_notification))
            assert set(said) == {"READY=1", "WATCHDOG=1"}
            rig.supervisor.stop()
            while (last := await asyncio.to_thread(next_notification)) == "WATCHDOG=1":
                pass
            assert last == "STOPPING=1"
            await rig.result()

    with listening(str(runtime_folder / "notify"), monkeypatch) as next_notification:
        asyncio.run(scenario(next_notification))


def test_a_watchdog_for_another_process_is_not_ours_to_feed(
    monkeypatch: pytest.MonkeyPatch, runtime_folder: Path
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    monkeypatch.setenv("WATCHDOG_PID", "1")

    async def scenario() -> None:
        systemd.feed_watchdog(asyncio.get_running_loop())

    with listening(str(runtime_folder / "notify"), monkeypatch) as next_notification:
        asyncio.run(scenario())
        systemd.notify("READY=1")
        assert next_notification() == "READY=1"
