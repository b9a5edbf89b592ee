"""A worker's jobs and links, with the supervisor's side scripted."""

from __future__ import annotations

import asyncio
import threading

from harness import started
from mortar.clock import now_ms
from mortar.messages import Abort, Event, JobBegan, JobEnded, LinkLost, PeerGone, Rest, Wire
from mortar.worker import Worker


def test_a_job_is_announced_and_its_end_too() -> None:
    async def main(worker: Worker) -> None:
        assert await worker.job("add", 5_000, lambda left, right: left + right, 2, right=3) == 5
        await worker.next()

    async def scenario() -> None:
        async with started(main, peers=[]) as brick:
            assert await brick["supervisor"].expect(JobBegan) == JobBegan(1, "add", 5_000)
            assert await brick["supervisor"].expect(JobEnded) == JobEnded(1)

    asyncio.run(scenario())


def test_jobs_queue_and_an_abort_means_the_job_that_it_names() -> None:
    """An abort that was sent as a job ended must not hit the one after it."""

    async def main(worker: Worker) -> None:
        async def wait() -> None:
            await worker.job("wait", 60_000, worker.aborted.wait)

        async def tell() -> None:
            while True:
                await worker.next()
                worker.tell_supervisor(Event("asked", now_ms(), {"aborted": worker.aborted.is_set()}))

        await asyncio.gather(wait(), wait(), tell())

    async def scenario() -> None:
        async with started(main, peers=[]) as brick:
            supervisor = brick["supervisor"]
            assert (await supervisor.expect(JobBegan)).job == 1
            supervisor.send(Abort(1))
            assert (await supervisor.expect(JobBegan)).job == 2
            supervisor.send(Abort(1))
            supervisor.send(Rest())
            assert (await supervisor.expect(Event)).data == {"aborted": False}
            supervisor.send(Abort(2))
            assert (await supervisor.expect(JobEnded)).job == 2

    asyncio.run(scenario())


def test_cancelling_a_job_asks_it_to_give_up_and_waits_for_it() -> None:
    """Otherwise a brick could take its model away from under the engine that is still computing."""
    is_computing = threading.Event()

    def compute(worker: Worker) -> None:
        is_computing.set()
        worker.aborted.wait()
        is_computing.clear()

    async def main(worker: Worker) -> None:
        computing = asyncio.create_task(worker.job("compute", 60_000, compute, worker))
        await asyncio.to_thread(is_computing.wait)
        computing.cancel()
        await asyncio.wait([computing])
        busy = is_computing.is_set()
        worker.tell_supervisor(Event("gave up", now_ms(), {"busy": busy, "cancelled": computing.cancelled()}))
        await worker.next()

    async def scenario() -> None:
        async with started(main, peers=[]) as brick:
            gave_up = await brick["supervisor"].expect(Event)
            assert gave_up.data == {"busy": False, "cancelled": True}

    asyncio.run(scenario())


def test_a_peers_last_words_and_the_lost_link_come_before_its_confirmed_end() -> None:
    """Even where the news of the end is read first."""
    seen: list[object] = []

    async def main(worker: Worker) -> None:
        while True:
            mail = await worker.next()
            seen.append(mail.message)
            if isinstance(mail.message, PeerGone):
                worker.tell_supervisor(Event("told", now_ms()))

    async def scenario() -> None:
        async with started(main, peers=["eye"], closed=None) as brick:
            await asyncio.sleep(0)
            brick["eye"].send(Rest())
            brick.die("eye")
            await brick["supervisor"].expect(Event)
            assert seen == [Wire("eye", 1), Rest(), LinkLost("eye", 1), PeerGone("eye", 1)]

    asyncio.run(scenario())
