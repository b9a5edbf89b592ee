"""Jobs that do not end in time, in real processes."""

import asyncio

import pytest

from mortar.messages import Finished
from mortar.settings import Supervision
from mortar.supervisor import health
from mortar.supervisor.process import Life
from supervisor.rig import row, supervised


def test_an_engine_that_obeys_its_abort_keeps_its_process() -> None:
    async def scenario() -> None:
        async with supervised(row("language", "obeying_abort"), row("assistant", "serving")) as rig:
            await rig.event("aborted", who="language")
            assert (await rig.event("began", who="language"))["restarts"] == 0
            assert rig.said("error") == []

    asyncio.run(scenario())


@pytest.mark.parametrize("main", ["stuck_outside_python", "stuck_in_python"])
def test_a_stuck_job_ends_its_process_which_comes_back(main: str) -> None:
    async def scenario() -> None:
        async with supervised(row("eye", main), row("assistant", "serving")) as rig:
            error = await rig.event("error")
            assert (error["process"], error["code"]) == ("eye", "job-overdue")
            assert "200 ms" in str(error["what"])
            assert (await rig.event("restart"))["exit"] == "SIGKILL"
            assert (await rig.event("began", who="eye"))["restarts"] == 1

    asyncio.run(scenario())


def test_a_process_that_even_a_kill_does_not_end_is_lost_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with a driver stuck in the kernel: here the signal is withheld."""
    monkeypatch.setattr(Life, "kill", lambda life: None)
    monkeypatch.setattr(health, "KILL_GRACE_MS", 200)

    async def scenario() -> None:
        limits = Supervision(stop_grace_ms=200)
        rows = (row("eye", "stuck_in_python"), row("assistant", "serving"))
        async with supervised(*rows, limits=limits) as rig:
            await rig.event("error", code="job-overdue")
            await rig.event("error", code="process-lost", process="eye")
            status = await rig.status()
            assert status["processes"]["eye"]["state"] == "lost until reboot"
            assert status["state"] == "impaired"
            assert rig.said("restart") == []
            assert await rig.stop() == Finished({})

    asyncio.run(scenario())
