"""Runs a real supervisor, in the test's loop, over a table of the small workers in workers.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mortar.messages import Event, Finished, Scalar
from mortar.privacy import Device
from mortar.settings import RunOptions, Settings, Supervision
from mortar.supervisor.status import StatusClient
from mortar.supervisor.supervisor import Supervisor
from mortar.supervisor.table import Predicate, Row, Stage, Table, always

PATIENCE_S = 60.0
"""How long a test waits for what must come: generous, it only ends a hang."""

Links = tuple[tuple[str, str], ...]


def row(
    name: str,
    main: str,
    stage: Stage = Stage.PROCESSING,
    needed: Predicate = always,
    device: Device | None = None,
) -> Row:
    return Row(name, f"supervisor.workers:{main}", needed, stage, device)


class Rig:
    def __init__(self, table: Table, run: RunOptions, limits: Supervision) -> None:
        self.events: list[Event] = []
        self._untaken: list[Event] = []
        self._news = asyncio.Event()
        self.settings = Settings(supervisor=limits)
        self.supervisor = Supervisor(self.settings, run, self._on_event, table=table)
        self.task = asyncio.create_task(self.supervisor.run())
        self.task.add_done_callback(lambda task: self._news.set())

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        self._untaken.append(event)
        self._news.set()

    async def event(self, name: str, **data: Scalar) -> dict[str, Scalar]:
        """Data of the first event of that name, with at least that data, that was not asked for yet."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self._untaken:
                    if event.event == name and data.items() <= event.data.items():
                        self._untaken.remove(event)
                        return event.data
                assert not self.task.done(), f"the run is over before {name} {data}: {self.events}"
                self._news.clear()
                await self._news.wait()

    def said(self, name: str) -> list[dict[str, Scalar]]:
        """Data of all events of that name so far."""
        return [event.data for event in self.events if event.event == name]

    async def result(self) -> Finished:
        async with asyncio.timeout(PATIENCE_S):
            return await self.task

    async def status(self) -> dict[str, Any]:
        """As `mortar status --json` gets it, over the real socket."""
        return await asyncio.to_thread(StatusClient().status)

    async def stop(self) -> Finished:
        self.supervisor.stop()
        return await self.result()


@asynccontextmanager
async def supervised(
    *rows: Row,
    links: Links = (),
    run: RunOptions | None = None,
    limits: Supervision | None = None,
) -> AsyncIterator[Rig]:
    """On the way out the run is stopped if it is not over yet, and must end."""
    rig = Rig(Table(rows, links), run or RunOptions(), limits or Supervision())
    try:
        yield rig
    finally:
        if not rig.task.done():
            await rig.stop()
