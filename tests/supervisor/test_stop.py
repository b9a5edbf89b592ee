"""However a run ends, all that belongs to it ends too."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from mortar.messages import Finished
from mortar.settings import Supervision
from mortar.supervisor.table import Stage
from supervisor import workers
from supervisor.rig import PATIENCE_S, row, supervised

ROWS = (
    row("voice", "serving", Stage.OUTPUT),
    row("assistant", "serving", Stage.PROCESSING),
    row("ears", "serving", Stage.INPUT),
    row("language", "serving", Stage.PROCESSING),
)


def test_stages_end_in_order() -> None:
    async def scenario() -> None:
        async with supervised(*ROWS) as rig:
            await rig.event("ready")
            assert await rig.stop() == Finished({})
            order = [data["who"] for data in rig.said("ended")]
            assert order[0] == "ears"
            assert set(order[1:3]) == {"assistant", "language"}
            assert order[3] == "voice"
            assert rig.said("error") == rig.said("restart") == []

    asyncio.run(scenario())


def test_who_does_not_stop_is_killed() -> None:
    """One refuses, one is frozen, one hangs where it cannot hear: none holds up the end."""

    async def scenario() -> None:
        rows = (
            row("ears", "refusing_to_stop", Stage.INPUT),
            row("assistant", "serving"),
            row("voice", "holding", Stage.OUTPUT),
        )
        async with supervised(*rows, limits=Supervision(stop_grace_ms=200)) as rig:
            await rig.event("ready")
            processes = (await rig.status())["processes"]
            alive = [psutil.Process(each["pid"]) for each in processes.values()]
            alive = [each for each in alive if each.pid != os.getpid()]
            os.kill(processes["assistant"]["pid"], signal.SIGSTOP)
            await rig.stop()
            assert rig.said("refused") != []
            assert [each for each in alive if each.is_running()] == []

    asyncio.run(scenario())


def test_a_stop_before_anything_is_up_ends_too() -> None:
    async def scenario() -> None:
        async with supervised(*ROWS, limits=Supervision(stop_grace_ms=5_000)) as rig:
            await asyncio.sleep(0)  # the supervisor has asked for its workers, no more
            assert await rig.stop() == Finished({})

    asyncio.run(scenario())


def test_a_run_with_deaths_in_it_leaves_no_descriptor_open() -> None:
    async def scenario() -> None:
        before = os.listdir("/proc/self/fd")
        rows = (row("assistant", "serving"), row("ears", "dying"), row("listen", "dying_once"))
        links = (("assistant", "ears"), ("ears", "listen"))
        async with supervised(*rows, links=links) as rig:
            await rig.event("error", process="ears")
            await rig.event("began", who="listen")
        assert len(os.listdir("/proc/self/fd")) == len(before)

    asyncio.run(scenario())


class Program:
    """A supervisor as a program of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("program.py"))],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        while json.loads(self._process.stdout.readline())["event"] != "ready":
            pass
        self.processes = psutil.Process(self._process.pid).children(recursive=True)

    def end_with(self, number: signal.Signals) -> int:
        """Send the signal; gives the exit status, once no process of it is left."""
        self._process.send_signal(number)
        status = self._process.wait(PATIENCE_S)
        assert psutil.wait_procs(self.processes, timeout=PATIENCE_S)[1] == []
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status


def holders_of_memory() -> list[str]:
    """Who still has the workers' shared memory open or mapped."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = [os.readlink(link) for link in (process / "fd").iterdir()]
            maps = (process / "maps").read_text()
        except OSError:
            continue  # ended meanwhile, or not ours
        if any(workers.MEMFD_NAME in text for text in (*links, maps)):
            found.append(process.name)
    return found


def test_a_killed_supervisor_leaves_nothing(runtime_folder: Path) -> None:
    """No process (one of them hangs), no socket, no shared memory."""
    program = Program()
    assert len(program.processes) == 4, "zygote and three workers"
    assert (runtime_folder / "status.sock").exists()
    assert holders_of_memory() != []
    assert program.end_with(signal.SIGKILL) == -signal.SIGKILL
    assert list(runtime_folder.iterdir()) == []
    assert holders_of_memory() == []


def test_a_supervisor_that_is_told_to_end_does_so_in_order(runtime_folder: Path) -> None:
    program = Program()
    assert program.end_with(signal.SIGTERM) == 0
    assert list(runtime_folder.iterdir()) == []
    assert holders_of_memory() == []
