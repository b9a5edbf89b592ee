"""The privacy switches of one run: in force in the processes that hold the devices, and kept on the disk.

A process learns of them before it opens anything. One that does not close its device in time is ended, and
its device with it. Whoever switches hears of it once it is so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from mortar import privacy
from mortar.errors import MortarError
from mortar.messages import Failure, Privacy, Switched
from mortar.privacy import Device
from mortar.supervisor import verdicts
from mortar.supervisor.process import Life, Process, Processes, State
from mortar.supervisor.table import ASSISTANT

CLOSE_S = 2.0
"""A stream of PortAudio's closes within 0.2 s; a picture that is being taken takes one."""


class Switches:
    """`end(process)` ends one at once; `failed(process name, failure)` makes an error known."""

    def __init__(
        self,
        processes: Processes,
        end: Callable[[Process], None],
        failed: Callable[[str, Failure], None],
    ) -> None:
        self.closed = privacy.BOTH
        """Until `open` was called."""
        self._processes = processes
        self._end = end
        self._failed = failed
        self._folder: Path | None = None
        self._number = 0
        self._trouble = ""
        self._one_writes = asyncio.Lock()
        self._news = asyncio.Event()
        self._under_way: set[asyncio.Task[Switched]] = set()

    def open(self, folder: Path | None) -> None:
        """From now on it is as `folder` has it; None is a run that opens no device, and switches none."""
        self._folder = folder
        try:
            self.closed = privacy.load(folder) if folder is not None else privacy.NONE
        except MortarError as error:
            self._failed("supervisor", Failure(error.code, error.what, error.do))

    def tell(self, process: Process, life: Life) -> None:
        """The first thing after Start, and at each change."""
        device = process.row.device
        if device is not None:
            life.may_hold |= not self.closed.has(device)
        if device is not None or process.row.name == ASSISTANT:
            life.control.send(Privacy(self.closed, self._number, self._trouble))

    def begin(self, device: Device, is_on: bool) -> None:
        """As `switch`; the assistant is told when it is so."""
        task = asyncio.get_running_loop().create_task(self.switch(device, is_on))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def switch(self, device: Device, is_on: bool) -> Switched:
        """Returns once it is in force, and on the disk as far as the disk takes it."""
        self.closed = self.closed.switched(device, is_on=is_on)
        self._number += 1
        for process, life in self._processes.living():
            if process.row.device is not None:
                self.tell(process, life)
        # Beside each other: a disk that hangs must not keep a device open.
        unkept, unclosed = await asyncio.gather(self._keep(), self._until_closed())
        failure = unclosed or unkept
        self._trouble = failure.code if failure is not None else ""
        assistant = self._processes.get(ASSISTANT)
        if assistant is not None and assistant.life is not None:
            self.tell(assistant, assistant.life)
        return Switched(self.closed, failure)

    # --- what the processes say ---

    def obeyed(self, process: Process, number: int) -> None:
        """What comes late, of a change that was overtaken, says nothing about now."""
        device = process.row.device
        if process.life is not None and device is not None and number == self._number:
            process.life.may_hold = not self.closed.has(device)
        self.changed()

    def changed(self) -> None:
        """A process has ended, or will never."""
        self._news.set()

    async def _keep(self) -> Failure | None:
        async with self._one_writes:
            if self._folder is None:
                return None
            try:
                await asyncio.to_thread(privacy.keep, self._folder, self.closed)
            except MortarError as error:
                failure = Failure(error.code, error.what, error.do)
                self._failed("supervisor", failure)
                return failure
        return None

    async def _until_closed(self) -> Failure | None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._none_late()
            return None
        except TimeoutError:
            late = self._late()
        for process in late:
            self._failed(process.row.name, verdicts.not_closed(process.row.name))
            self._end(process)
        await self._none_late()
        lost = [process.row.name for process in late if process.state is State.LOST]
        return verdicts.stays_open(lost[0]) if lost else None

    async def _none_late(self) -> None:
        while self._late():
            self._news.clear()
            await self._news.wait()

    def _late(self) -> list[Process]:
        """Those that may still hold what is to be closed, as long as that can change."""
        return [
            process
            for process, life in self._processes.living()
            if process.row.device is not None
            and self.closed.has(process.row.device)
            and life.may_hold
            and process.state is not State.LOST
        ]
