"""Gathers what may slow Mortar down: from the kernel's files, and from what the processes are doing."""

from __future__ import annotations

from pathlib import Path

from mortar.drivers.gauge import BOARD, read_battery
from mortar.drivers.kernel import free_MB
from mortar.drivers.thermal import clocks_MHz, temperatures_C
from mortar.settings import Settings
from mortar.slowdowns import Figures
from mortar.supervisor.process import Processes, State

MODELS = ("eye", "language")


def gather(processes: Processes, settings: Settings, data: Path, now_ms: float) -> Figures:
    """Takes a few ms: some twenty small files."""
    jobs_ms = [
        now_ms - life.ladder.job_began_ms
        for process, life in processes.living()
        if process.row.name in MODELS and life.ladder.job is not None
    ]
    shares = [allowed / possible for allowed, possible in clocks_MHz(BOARD).values()]
    return Figures(
        battery=read_battery(settings.gauge),
        hottest_C=max(temperatures_C(BOARD).values(), default=None),
        clock_share=min(shares, default=None),
        memory_MB=BOARD.meminfo_MB("MemAvailable"),
        disk_MB=free_MB(data),
        starting=sum(held.state is State.STARTING and held.restarts > 0 for held in processes.values()),
        missing=sum(held.state in (State.GIVEN_UP, State.LOST) for held in processes.values()),
        job_ms=round(max(jobs_ms, default=0.0)),
    )
