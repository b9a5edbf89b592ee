"""Real processes are started, watched, restarted and given up."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mortar.errors import MortarError
from mortar.messages import Finished
from mortar.settings import RunOptions, Supervision
from mortar.supervisor.table import Conditions
from supervisor.rig import row, supervised


def test_all_come_up_and_it_is_said_once() -> None:
    async def scenario() -> None:
        async with supervised(row("ears", "serving"), row("assistant", "serving")) as rig:
            await rig.event("ready")
            await rig.event("began", who="ears")
            await rig.event("began", who="assistant")
            assert (await rig.status())["state"] == "ready"
            await rig.stop()
            assert len(rig.said("ready")) == 1

    asyncio.run(scenario())


def test_every_process_is_told_that_all_are_there() -> None:
    """Also one that was started again after that."""

    async def scenario() -> None:
        async with supervised(row("ears", "serving"), row("assistant", "serving")) as rig:
            await rig.event("got", who="assistant", message="AllReady")
            await rig.event("got", who="ears", message="AllReady")
            psutil.Process((await rig.event("began", who="ears"))["pid"]).kill()
            await rig.event("began", who="ears", restarts=1)
            await rig.event("got", who="ears", message="AllReady")

    asyncio.run(scenario())


def test_the_zygote_has_one_thread_though_numpy_is_loaded() -> None:
    """A fork carries over one thread only: locks that others hold would stay locked for ever."""

    async def scenario() -> None:
        async with supervised(row("assistant", "serving")) as rig:
            await rig.event("ready")
            zygote = (await rig.status())["processes"]["zygote"]["pid"]
            assert len(os.listdir(f"/proc/{zygote}/task")) == 1
            assert "numpy" in Path(f"/proc/{zygote}/maps").read_text()

    asyncio.run(scenario())


def test_preloading_starts_no_thread_even_for_a_moment() -> None:
    """numpy's OpenBLAS would start some, and end them only at the first fork."""
    count = "import os; from mortar.supervisor.zygote import preload; preload(); "
    count += "print(len(os.listdir('/proc/self/task')))"
    counted = subprocess.run([sys.executable, "-c", count], capture_output=True, check=True)
    assert counted.stdout == b"1\n"


def test_a_process_that_dies_comes_back() -> None:
    async def scenario() -> None:
        async with supervised(row("ears", "dying_once"), row("assistant", "serving")) as rig:
            restart = await rig.event("restart")
            assert restart == {"process": "ears", "exit": "SIGKILL", "restarts": 1}
            assert (await rig.event("began", who="ears"))["restarts"] == 1

    asyncio.run(scenario())


def test_what_a_worker_had_started_ends_with_it() -> None:
    async def scenario() -> None:
        async with supervised(row("voice", "having_a_child"), row("assistant", "serving")) as rig:
            child = psutil.Process((await rig.event("child"))["pid"])
            await rig.event("restart", process="voice")
            await asyncio.to_thread(child.wait, 60)

    asyncio.run(scenario())


def test_the_run_goes_on_without_a_process_that_keeps_dying() -> None:
    """The assistant hears that it does not come back, and so does one that is started after that."""

    async def scenario() -> None:
        limits = Supervision(restarts=2)
        async with supervised(row("eye", "dying"), row("assistant", "serving"), limits=limits) as rig:
            error = await rig.event("error")
            assert error["process"] == "eye"
            assert error["code"] == "process-given-up"
            assert "status 3" in str(error["what"])
            assert len(rig.said("restart")) == 2
            status = await rig.status()
            assert status["state"] == "impaired"
            assert status["processes"]["eye"]["state"] == "given up"
            assert status["processes"]["assistant"]["state"] == "ready"
            assert [failure["process"] for failure in status["failures"]] == ["eye"]
            await rig.event("got", who="assistant", message="GivenUp")
            psutil.Process(status["processes"]["assistant"]["pid"]).kill()
            await rig.event("began", who="assistant", restarts=1)
            await rig.event("got", who="assistant", message="GivenUp")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("name", "run"),
    [("assistant", RunOptions()), ("eye", RunOptions(once=True)), ("eye", RunOptions(ask="What?"))],
    ids=["the assistant", "once", "ask"],
)
def test_the_run_ends_where_nothing_can_go_on(name: str, run: RunOptions) -> None:
    async def scenario() -> None:
        limits = Supervision(restarts=1)
        async with supervised(row(name, "dying"), row("voice", "serving"), run=run, limits=limits) as rig:
            with pytest.raises(MortarError, match=f"^{name} cannot run") as raised:
                await rig.result()
            assert raised.value.code == "process-given-up"
            assert rig.said("ended") == [{"who": "voice"}]

    asyncio.run(scenario())


def test_a_missing_model_is_said_in_the_workers_own_words_after_two_tries() -> None:
    """Restarting mends no missing file, and the last words of a dying worker are not lost."""

    async def scenario() -> None:
        rows = (row("assistant", "serving"), row("language", "lacking_model"))
        async with supervised(*rows, links=(("assistant", "language"),), run=RunOptions(once=True)) as rig:
            with pytest.raises(MortarError) as raised:
                await rig.result()
            assert raised.value.code == "model-missing"
            assert raised.value.what == "language cannot run: there is no model in /nowhere"
            assert raised.value.do == "install one"
            assert len(rig.said("tried")) == 2
            assert [error["code"] for error in rig.said("error")] == ["model-missing"] * 2

    asyncio.run(scenario())


def test_a_failure_after_ready_counts_as_any_death() -> None:
    async def scenario() -> None:
        limits = Supervision(restarts=3)
        async with supervised(row("assistant", "failing_late"), limits=limits) as rig:
            with pytest.raises(MortarError, match="plug it in"):
                await rig.result()
            assert len(rig.said("restart")) == 3

    asyncio.run(scenario())


def test_a_defect_leaves_its_traceback_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with supervised(row("assistant", "defective"), limits=Supervision(restarts=1)) as rig:
            with pytest.raises(MortarError, match="keeps ending"):
                await rig.result()

    asyncio.run(scenario())
    logged = capfd.readouterr()
    assert "KeyError: 'a defect, as it happens'" in logged.err
    assert logged.out == "", "standard output is for results"


def test_a_process_that_ends_by_itself_is_left_alone() -> None:
    async def scenario() -> None:
        rows = (row("assistant", "serving"), row("ears", "leaving"))
        async with supervised(*rows, links=(("assistant", "ears"),)) as rig:
            await rig.event("PeerGone", who="assistant", peer="ears")
            status = await rig.status()
            assert status["processes"]["ears"]["state"] == "done"
            assert status["processes"]["ears"]["restarts"] == 0
            assert status["state"] == "ready"

    asyncio.run(scenario())


def test_what_the_assistant_finished_with_is_the_result() -> None:
    """Even if the process has ended by the time anybody reads it."""

    async def scenario() -> None:
        async with supervised(row("assistant", "finishing"), row("voice", "serving")) as rig:
            assert await rig.result() == Finished({"answer": "a cup"})
            assert rig.supervisor.placement["language"] == "test/cpu"

    asyncio.run(scenario())


def test_an_assistant_that_ends_without_a_result_is_an_error() -> None:
    async def scenario() -> None:
        async with supervised(row("assistant", "leaving")) as rig:
            with pytest.raises(MortarError) as raised:
                await rig.result()
            assert raised.value.code == "assistant-ended"

    asyncio.run(scenario())


def test_what_should_not_run_any_more_is_stopped_and_started_again_when_it_should() -> None:
    def hearing(conditions: Conditions) -> bool:
        return not conditions.run.hear

    async def scenario() -> None:
        async with supervised(row("assistant", "serving"), row("eye", "serving", needed=hearing)) as rig:
            await rig.event("began", who="eye")
            rig.supervisor.adapt(Conditions(RunOptions(hear=True), rig.settings))
            await rig.event("ended", who="eye")
            rig.supervisor.adapt(Conditions(RunOptions(), rig.settings))
            await rig.event("began", who="eye")
            assert rig.said("restart") == []

    asyncio.run(scenario())


def test_without_the_zygote_the_run_ends_and_no_worker_is_left() -> None:
    async def scenario() -> None:
        async with supervised(row("assistant", "serving"), row("eye", "holding")) as rig:
            await rig.event("ready")
            processes = (await rig.status())["processes"]
            workers = [psutil.Process(processes[name]["pid"]) for name in ("assistant", "eye")]
            psutil.Process(processes["zygote"]["pid"]).kill()
            with pytest.raises(MortarError) as raised:
                await rig.result()
            assert raised.value.code == "zygote-gone"
            assert psutil.wait_procs(workers, timeout=60)[1] == []

    asyncio.run(scenario())
