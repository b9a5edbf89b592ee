"""Keeps what runs equal to what should run.

One rule: whatever occurs (a message, an exit, a deadline) is noted, and then `reconcile` compares.
"""

from __future__ import annotations

import asyncio
import os
from functools import partial

from mortar import resources
from mortar.channel import Channel
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import (
    Abort,
    AllReady,
    Considered,
    Event,
    Examine,
    Examined,
    Failure,
    Finished,
    GivenUp,
    JobBegan,
    JobEnded,
    Message,
    Placed,
    Places,
    PowerChanged,
    PrivacyObeyed,
    Ready,
    Report,
    Start,
    Stop,
    Switch,
)
from mortar.settings import RunOptions, Settings
from mortar.slowdowns import Figures
from mortar.supervisor import systemd, verdicts
from mortar.supervisor.figures import gather
from mortar.supervisor.gauge_watch import GaugeWatch
from mortar.supervisor.health import Ladder, Rung
from mortar.supervisor.journal import Journal
from mortar.supervisor.process import GONE, SETTLED, Life, Process, Processes, State
from mortar.supervisor.spawner import Spawner
from mortar.supervisor.switches import Switches
from mortar.supervisor.table import ASSISTANT, Conditions, Table
from mortar.supervisor.wiring import Wiring


class Reconciler:
    """The processes of one run, from the first fork to the last exit."""

    def __init__(
        self,
        settings: Settings,
        run: RunOptions,
        started_ms: float,
        table: Table,
        journal: Journal,
    ) -> None:
        self.processes = Processes(table, settings.supervisor)
        self.switches = Switches(self.processes, self._end_at_once, journal.failed)
        self.conditions = Conditions(run, settings)
        self.was_ready = False
        """Whether everything that is needed has come up once."""
        self.gauge = GaugeWatch(settings, started_ms)
        self.outcome: Finished | MortarError | None = None
        """Why the run is ending; None while it goes on."""
        self._settings = settings
        self._run = run
        self._started_ms = started_ms
        self._wiring = Wiring(table.links)
        self._journal = journal
        self._timer: asyncio.TimerHandle | None = None
        self._over: asyncio.Future[Finished] | None = None

    async def run(self, bequest: list[str]) -> Finished:
        """Run until `end` was called or nothing can go on, and all has ended.

        `bequest`: files that are removed even if this process is killed. Gives or raises the
        outcome.
        """
        self._loop = asyncio.get_running_loop()
        self._over = self._loop.create_future()
        self._spawner = Spawner(self._on_spawned, self._on_exited, self._on_zygote_lost)
        self._spawner.bequeath(bequest)
        try:
            self.reconcile()
            return await self._over
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for _, life in self.processes.living():
                life.close()
            self._spawner.close()

    def figures(self) -> Figures:
        """What may slow this run down."""
        return gather(self.processes, self._settings, resources.data_folder(), now_ms())

    @property
    def zygote_pid(self) -> int:
        return self._spawner.pid

    def end(self, outcome: Finished | MortarError) -> None:
        """Let the ordered stop begin; the first reason is the one that counts."""
        if self.outcome is None:
            self.outcome = outcome
            systemd.notify("STOPPING=1")
        self.reconcile()

    def reconcile(self) -> None:
        """Start what should run, stop what should not, and set the timer for what is due next."""
        if self._over is None or self._over.done():
            return
        if self.outcome is None:
            self._start_and_stop()
        else:
            self._stop_next_stage(self.outcome, self._over)
        if self._timer is not None:
            self._timer.cancel()
        ladders_ms = (life.ladder.due_ms for _, life in self.processes.living())
        self._timer = self._loop.call_at(min([self.gauge.due_ms, *ladders_ms]) / 1e3, self._tick)

    def _start_and_stop(self) -> None:
        for process in self.processes.values():
            is_needed = process.row.needed(self.conditions)
            if is_needed and process.state is State.IDLE:
                self._start(process)
            elif not is_needed and process.state in (State.STARTING, State.READY):
                self._stop(process)
        if not self.was_ready and self.processes.all_are(SETTLED, self.conditions):
            self.was_ready = True
            systemd.notify("READY=1")
            self._journal.emit("ready")
            for process, life in self.processes.living():
                if process.state is State.READY:
                    life.control.send(AllReady())

    def _stop_next_stage(self, outcome: Finished | MortarError, over: asyncio.Future[Finished]) -> None:
        living = [process for process, _ in self.processes.living() if process.state is not State.LOST]
        stage = min((process.row.stage for process in living), default=None)
        for process in living:
            if process.row.stage is stage and process.state is not State.STOPPING:
                self._stop(process)
        if stage is None and isinstance(outcome, MortarError):
            over.set_exception(outcome)
        elif stage is None and isinstance(outcome, Finished):
            over.set_result(outcome)

    def _start(self, process: Process) -> None:
        row = process.row
        control = Channel(
            self._spawner.spawn(row.name, row.entry),
            partial(self._on_message, process),
            partial(self._on_control_closed, process),
        )
        process.state, process.life = State.STARTING, Life(control, Ladder(now_ms()))
        control.send(Start(row.name, self._settings, self._run, process.restarts, self._started_ms))
        self.switches.tell(process, process.life)
        self._tell_power(process)
        self._wiring.connect(row.name, self.processes.controls())

    def _end_at_once(self, process: Process) -> None:
        """As any death: it is started again. Where that does not end it, the ladder goes on."""
        if process.life is not None:
            process.life.kill()
            process.life.ladder.stop(now_ms(), self._settings.supervisor.stop_grace_ms)
            self.reconcile()

    def _stop(self, process: Process) -> None:
        process.state = State.STOPPING
        if process.life is not None:
            process.life.control.send(Stop())
            process.life.ladder.stop(now_ms(), self._settings.supervisor.stop_grace_ms)

    # --- what occurs ---

    def _tick(self) -> None:
        """A deadline has passed, or it is time to look at the battery."""
        now = now_ms()
        if self.gauge.look(now):
            held = self.gauge.power
            self._journal.emit("power", state=held.state, alpha=held.alpha)
            for process, _ in self.processes.living():
                self._tell_power(process)
        for process, life in self.processes.living():
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
                    self.switches.changed()
        self.reconcile()

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
                if process.restarts:
                    self._journal.emit("back", process=process.row.name)
                self._tell_assistant(Placed(self.processes.placement()))
                if process.row.name == ASSISTANT:
                    self._tell_given_up()
                if self.was_ready:
                    life.control.send(AllReady())  # it was started later, or again
            case Places(part, considered):
                self._placed(process, part, considered)
            case JobBegan():
                life.ladder.began(message, now_ms())
            case JobEnded(job):
                life.ladder.ended(job, now_ms())
            case Report(figures):
                life.figures = figures
            case PrivacyObeyed(number):
                self.switches.obeyed(process, number)
            case Switch(device, is_on) if process.row.name == ASSISTANT:
                self.switches.begin(device, is_on)
            case Examine(turn) if process.row.name == ASSISTANT:
                life.control.send(Examined(turn, self.figures()))
            case Failure():
                self._note(process, message)
            case Event():
                self._journal.add(message)
            case Finished():
                self.end(message)
        self.reconcile()

    def _placed(self, process: Process, part: str, considered: list[Considered]) -> None:
        """Where a part can run, and where it does; it may have moved."""
        process.considered[part] = considered
        before = process.placement.get(part)
        now = next((one.unit for one in considered if one.is_used), None)
        if process.state is State.READY and before is not None and now is not None and now != before:
            process.placement = {**process.placement, part: now}
            self._journal.emit("moved", process=process.row.name, part=part, unit=now, before=before)
            self._tell_assistant(Placed(self.processes.placement()))

    def _on_control_closed(self, process: Process) -> None:
        """It is ending; what has ended for certain is said by `_on_exited`."""
        if process.life is not None:
            process.life.ladder.stop(now_ms(), self._settings.supervisor.stop_grace_ms)
            self.reconcile()

    def _on_spawned(self, name: str, pid: int, pidfd: int) -> None:
        life = self.processes[name].life
        assert life is not None  # the zygote reaps it only later
        life.pid, life.pidfd = pid, pidfd
        if life.ladder.is_killed:
            life.kill()

    def _on_exited(self, name: str, status: int) -> None:
        process = self.processes[name]
        life = process.life
        assert life is not None
        life.control.drain()  # its last words
        life.close()
        process.life = None
        self._wiring.gone(name, self.processes.controls())
        self.switches.changed()
        if process.state is State.STOPPING or self.outcome is not None:
            process.state = State.IDLE
        elif status == 0:
            process.state = State.DONE
            if name == ASSISTANT:
                self.end(verdicts.assistant_ended())
        elif process.state is not State.LOST:
            self._died(process, life, status)
        self.reconcile()

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
            self.end(error)
        else:
            self._note(process, Failure(error.code, error.what, error.do))
            self._tell_given_up()

    def _on_zygote_lost(self) -> None:
        """The kernel kills every worker with the zygote (PDEATHSIG), and none will be reaped."""
        if self._over is not None and not self._over.done():
            self._over.set_exception(verdicts.zygote_gone())

    def _tell_power(self, process: Process) -> None:
        if process.row.takes_power and process.life is not None:
            process.life.control.send(PowerChanged(self.gauge.power))

    def _tell_given_up(self) -> None:
        if gone := self.processes.in_state(GONE):
            self._tell_assistant(GivenUp(gone))

    def _tell_assistant(self, message: Message) -> None:
        assistant = self.processes.get(ASSISTANT)
        if assistant is not None and assistant.life is not None:
            assistant.life.control.send(message)

    def _note(self, process: Process, failure: Failure) -> None:
        if process.life is not None:
            process.life.failure = failure
        self._journal.failed(process.row.name, failure)
