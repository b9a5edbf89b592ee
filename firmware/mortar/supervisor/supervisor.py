"""The supervisor of one run: what the world outside sees of it.

It keeps the process table running (see reconciler.py), ends in order on SIGTERM and SIGINT, answers
systemd, `mortar status`, `mortar press`, `mortar ask` and `mortar mute`. It never touches sound, pictures or
models.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack

import msgspec

from mortar import resources
from mortar.assistant.stages import Press as PressKind
from mortar.clock import now_ms
from mortar.messages import CommandReply, Event, Finished, Press, Switch, Switched, Typed
from mortar.settings import RunOptions, Settings
from mortar.slowdowns import that_hold
from mortar.supervisor import systemd
from mortar.supervisor.journal import Journal
from mortar.supervisor.process import SERVING, State
from mortar.supervisor.reconciler import Reconciler
from mortar.supervisor.report import own_report, process_report
from mortar.supervisor.status import StatusServer
from mortar.supervisor.table import ASSISTANT, TABLE, Conditions, Table


class Supervisor:
    """One run of Mortar.

    `on_event` gets the assistant's events, and from here "ready", "restart" (process, exit,
    restarts) and "error" (process, code, what, do). Times are `clock.now_ms()`.
    """

    def __init__(
        self,
        settings: Settings,
        run: RunOptions,
        on_event: Callable[[Event], None],
        started_ms: float | None = None,
        table: Table = TABLE,
    ) -> None:
        self._settings = settings
        self._run = run
        self._started_ms = now_ms() if started_ms is None else started_ms
        self._journal = Journal(on_event, self._started_ms)
        self._reconciler = Reconciler(settings, run, self._started_ms, table, self._journal)

    async def run(self) -> Finished:
        """Run until the assistant has finished or `stop` was called; then all has ended.

        Gives what the assistant said; an empty result where it was told to stop. Raises
        MortarError where the run cannot begin or cannot go on.
        """
        loop = asyncio.get_running_loop()
        with ExitStack() as held:
            bequest = self._open_status(held)
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.stop)
                held.callback(loop.remove_signal_handler, number)
            # After the socket: who finds no socket has written the file before.
            self._reconciler.switches.open(None if self._is_for_one_question else resources.data_folder())
            systemd.feed_watchdog(loop)
            return await self._reconciler.run(bequest)

    def stop(self) -> None:
        """End in order."""
        self._reconciler.end(Finished({}))

    def adapt(self, conditions: Conditions) -> None:
        """Run what the new conditions ask for, and no more."""
        self._reconciler.conditions = conditions
        self._reconciler.reconcile()

    def press(self, kind: str) -> CommandReply:
        """Press the assistant's button: "short", "double" or "long"."""
        if kind not in set(PressKind):
            return CommandReply(False, f"the button knows {', '.join(PressKind)}, not {kind!r}")
        return self._pass_on(Press(kind))

    def ask(self, text: str) -> CommandReply:
        """Ask the assistant in writing."""
        return self._pass_on(Typed(text))

    def _pass_on(self, command: Press | Typed) -> CommandReply:
        assistant = self._reconciler.processes[ASSISTANT]
        if assistant.life is None or assistant.state is not State.READY:
            return CommandReply(False, f"the assistant is {assistant.state}")
        assistant.life.control.send(command)
        return CommandReply(True)

    async def switch(self, wanted: Switch) -> Switched:
        """Switch a device on or off; returns once it is so."""
        return await self._reconciler.switches.switch(wanted.device, wanted.is_on)

    @property
    def placement(self) -> dict[str, str]:
        """What runs where, {"vision": "tflite/cpu"}; after the run, what ran where."""
        return self._reconciler.processes.placement()

    @property
    def _is_for_one_question(self) -> bool:
        """About a file: it opens no device."""
        return self._run.hear or self._run.ask is not None

    def _open_status(self, held: ExitStack) -> list[str]:
        """The status socket's path; a run for one question has none, so that it may go beside."""
        if self._is_for_one_question:
            return []
        server = StatusServer(resources.runtime_folder(), self._status, self.press, self.ask, self.switch)
        held.callback(server.close)
        return [str(server.path)]

    def _status(self) -> dict[str, object]:
        now = now_ms()
        processes = self._reconciler.processes
        figures = self._reconciler.figures()
        return {
            "state": self._state(),
            "board": self._run.board,
            "title": self._settings.board.title,
            "model": self._run.model or "bundled",
            "pid": os.getpid(),
            "uptime_ms": round(now - self._started_ms),
            "muted": self._reconciler.switches.closed.microphone,
            "camera_off": self._reconciler.switches.closed.camera,
            "board_figures": msgspec.to_builtins(figures),
            "slow": [slowdown.name for slowdown in that_hold(figures)],
            "processes": {
                "supervisor": own_report(os.getpid()),
                "zygote": own_report(self._reconciler.zygote_pid),
                **{name: process_report(process, now) for name, process in processes.items()},
            },
            "failures": self._journal.failures,
        }

    def _state(self) -> str:
        reconciler = self._reconciler
        if reconciler.outcome is not None:
            return "stopping"
        if not reconciler.was_ready:
            return "starting"
        all_serve = reconciler.processes.all_are(SERVING, reconciler.conditions)
        return "ready" if all_serve else "impaired"
