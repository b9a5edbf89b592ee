"""The supervisor: keeps the processes of the table running, and ends them in order.

One asyncio loop, and one rule: whatever occurs (a message, an exit, a deadline) is noted, and then
`_reconcile` compares what runs with what should run. It never touches sound, pictures or models.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from math import inf

from mortar import resources
from mortar.assistant.stages import Press as PressKind
from mortar.channel import Channel
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import (
    Abort,
    Event,
    Failure,
    Finished,
    JobBegan,
    JobEnded,
    Message,
    Press,
    PressReply,
    Ready,
    Report,
    Start,
    Stop,
)
from mortar.settings import RunOptions, Settings
from mortar.supervisor import systemd, verdicts
from mortar.supervisor.health import Ladder, Rung
from mortar.supervisor.journal import Journal
from mortar.supervisor.process import SERVING, SETTLED, Life, Process, Processes, State
from mortar.supervisor.report import own_report, process_report
from mortar.supervisor.spawner import Spawner
from mortar.supervisor.status import StatusServer
from mortar.supervisor.table import ASSISTANT, TABLE, Conditions, Table
from mortar.supervisor.wiring import Wiring


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
        self._on_event = on_event
        self._started_ms = now_ms() if started_ms is None else started_ms
        self._conditions = Conditions(run, settings)
        self._processes = Processes(table, settings.supervisor)
        self._wiring = Wiring(table.links)
        self._journal = Journal(on_event, self._started_ms)
        self._was_ready = False
        self._outcome: Finished | MortarError | None = None
        """Why the run is ending; None while it goes on."""
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> Finished:
        """Run until the assistant has finished or `stop` was called; then all has ended.

        Gives what the assistant said; an empty result where it was told to stop. Raises
        MortarError where the run cannot begin or cannot go on.
        """
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[Finished] = self._loop.create_future()
        with ExitStack() as held:
            files = self._open_status(held)
            self._spawner = held.enter_context(
                closing(Spawner(self._on_spawned, self._on_exited, self._on_zygote_lost))
            )
            self._spawner.bequeath(files)
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.add_signal_handler(number, self.stop)
                held.callback(self._loop.remove_signal_handler, number)
            held.callback(self._let_go)
            systemd.feed_watchdog(self._loop)
            self._reconcile()
            return await self._over

    def stop(self) -> None:
        """End in order."""
        self._end(Finished({}))
        self._reconcile()

    def adapt(self, conditions: Conditions) -> None:
        """Run what the new conditions ask for, and no more."""
        self._conditions = conditions
        self._reconcile()

    def press(self, kind: str) -> PressReply:
        """Press the assistant's button: "short", "double" or "long"."""
        if kind not in set(PressKind):
            return PressReply(False, f"the button knows {', '.join(PressKind)}, not {kind!r}")
        assistant = self._processes[ASSISTANT]
        if assistant.life is None or assistant.state is not State.READY:
            return PressReply(False, f"the assistant is {assistant.state}")
        assistant.life.control.send(Press(kind))
        return PressReply(True)

    @property
    def placement(self) -> dict[str, str]:
        """What runs where, {"vision": "tflite/cpu"}; after the run, what ran where."""
        return self._processes.placement()

    # --- reconcile ---

    def _reconcile(self) -> None:
        """Start what should run, stop what should not, and set the timer for what is due next."""
        if self._over.done():
            return
        if self._outcome is None:
            self._start_and_stop()
        else:
            self._stop_next_stage(self._outcome)
        if self._timer is not None:
            self._timer.cancel()
        due_ms = min((life.ladder.due_ms for _, life in self._processes.living()), default=inf)
        self._timer = self._loop.call_at(due_ms / 1e3, self._tick) if due_ms < inf else None

    def _start_and_stop(self) -> None:
        for process in self._processes.values():
            is_needed = process.row.needed(self._conditions)
            if is_needed and process.state is State.IDLE:
                self._start(process)
            elif not is_needed and process.state in (State.STARTING, State.READY):
                self._stop(process)
        if not self._was_ready and self._processes.all_are(SETTLED, self._conditions):
            self._was_ready = True
            systemd.notify("READY=1")
            self._journal.emit("ready")

    def _stop_next_stage(self, outcome: Finished | MortarError) -> None:
        living = [process for process, _ in self._processes.living() if process.state is not State.LOST]
        stage = min((process.row.stage for process in living), default=None)
        for process in living:
            if process.row.stage is stage and process.state is not State.STOPPING:
                self._stop(process)
        if stage is None and isinstance(outcome, MortarError):
            self._over.set_exception(outcome)
        elif stage is None and isinstance(outcome, Finished):
            self._over.set_result(outcome)

    def _start(self, process: Process) -> None:
        row = process.row
        control = Channel(
            self._spawner.spawn(row.name, row.entry),
            partial(self._on_message, process),
            partial(self._on_control_closed, process),
        )
        process.state, process.life = State.STARTING, Life(control, Ladder(now_ms()))
        control.send(Start(row.name, self._settings, self._run, process.restarts, self._started_ms))
        self._wiring.connect(row.name, self._processes.controls())

    def _stop(self, process: Process) -> None:
        process.state = State.STOPPING
        if process.life is not None:
            process.life.control.send(Stop())
            process.life.ladder.stop(now_ms(), self._settings.supervisor.stop_grace_ms)

    def _end(self, outcome: Finished | MortarError) -> None:
        """Let the ordered stop begin; the first reason is the one that counts."""
        if self._outcome is None:
            self._outcome = outcome
            systemd.notify("STOPPING=1")

    def _let_go(self) -> None:
        for _, life in self._processes.living():
            life.close()
        if self._timer is not None:
            self._timer.cancel()

    # --- what occurs ---

    def _tick(self) -> None:
        """A deadline has passed."""
        now = now_ms()
        for process, life in self._processes.living():
            match life.ladder.climb(now):
                case Rung.ABORT if life.ladder.job is not None:
                    life.control.send(Abort(life.ladder.job.job))
                case Rung.KILL:
                    if process.state is not State.STOPPING:
                        self._note(process, verdicts.overdue(process.row.name, life.ladder))
                    life.kill()
                case Rung.LOST:
                    process.state = State.LOST
                    self._do_without(process, verdicts.lost(process.row.name))
        self._reconcile()

    def _on_message(self, process: Process, message: Message, descriptors: list[int]) -> None:
        for descriptor in descriptors:  # no message to the supervisor carries any
            os.close(descriptor)
        life = process.life
        assert life is not None  # its channel is closed with it
        match message:
            case Ready(placement):
                process.placement = placement
                life.ladder.ready()
                if process.state is State.STARTING:
                    process.state = State.READY
            case JobBegan():
                life.ladder.began(message, now_ms())
            case JobEnded(job):
                life.ladder.ended(job, now_ms())
            case Report(figures):
                life.figures = figures
            case Failure():
                self._note(process, message)
            case Event():
                self._on_event(message)
            case Finished():
                self._end(message)
        self._reconcile()

    def _on_control_closed(self, process: Process) -> None:
        """It is ending; what has ended for certain is said by `_on_exited`."""
        if process.life is not None:
            process.life.ladder.stop(now_ms(), self._settings.supervisor.stop_grace_ms)
            self._reconcile()

    def _on_spawned(self, name: str, pid: int, pidfd: int) -> None:
        life = self._processes[name].life
        assert life is not None  # the zygote reaps it only later
        life.pid, life.pidfd = pid, pidfd
        if life.ladder.is_killed:
            life.kill()

    def _on_exited(self, name: str, status: int) -> None:
        process = self._processes[name]
        life = process.life
        assert life is not None
        life.control.drain()  # its last words
        life.close()
        process.life = None
        self._wiring.gone(name, self._processes.controls())
        if process.state is State.STOPPING or self._outcome is not None:
            process.state = State.IDLE
        elif status == 0:
            process.state = State.DONE
            if name == ASSISTANT:
                self._end(verdicts.assistant_ended())
        elif process.state is not State.LOST:
            self._died(process, life, status)
        self._reconcile()

    def _died(self, process: Process, life: Life, status: int) -> None:
        is_futile = life.failure is not None and not life.ladder.is_ready
        if not process.budget.allows_restart(now_ms(), is_futile):
            process.state = State.GIVEN_UP
            self._do_without(process, verdicts.given_up(process.row.name, status, life.failure))
            return
        process.state = State.IDLE
        process.restarts += 1
        self._journal.emit(
            "restart",
            process=process.row.name,
            exit=verdicts.exit_text(status),
            restarts=process.restarts,
        )

    def _do_without(self, process: Process, error: MortarError) -> None:
        """It will not come back. A run for one exchange needs all of its processes."""
        run = self._run
        if process.row.name == ASSISTANT or run.once or run.hear or run.ask is not None:
            self._end(error)
        else:
            self._note(process, Failure(error.code, error.what, error.do))

    def _on_zygote_lost(self) -> None:
        """The kernel kills every worker with the zygote (PDEATHSIG), and none will be reaped."""
        if not self._over.done():
            self._over.set_exception(verdicts.zygote_gone())

    # --- what is said ---

    def _note(self, process: Process, failure: Failure) -> None:
        if process.life is not None:
            process.life.failure = failure
        self._journal.failed(process.row.name, failure)

    def _open_status(self, held: ExitStack) -> list[str]:
        """The status socket's path; a run for one question has none, so that it may go beside."""
        if self._run.hear or self._run.ask is not None:
            return []
        server = StatusServer(resources.runtime_folder(), self._status, self.press)
        held.callback(server.close)
        return [str(server.path)]

    def _status(self) -> dict[str, object]:
        now = now_ms()
        processes = self._processes
        state = "starting"
        if self._outcome is not None:
            state = "stopping"
        elif processes.all_are(SERVING, self._conditions):
            state = "ready"
        elif self._was_ready:
            state = "impaired"
        return {
            "state": state,
            "board": self._run.board,
            "title": self._settings.board.title,
            "model": self._run.model or "bundled",
            "pid": os.getpid(),
            "uptime_ms": round(now - self._started_ms),
            "processes": {
                "supervisor": own_report(os.getpid()),
                "zygote": own_report(self._spawner.pid),
                **{name: process_report(process, now) for name, process in processes.items()},
            },
            "failures": self._journal.failures,
        }
