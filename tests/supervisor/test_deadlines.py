"""Jobs that do not end in time, in real processes."""

import asyncio

import pytest

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
