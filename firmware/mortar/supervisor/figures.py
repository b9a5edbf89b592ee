"""Gathers what may slow Mortar down: from the kernel's files, and from what the processes are doing."""

from __future__ import annotations

import shutil
from pathlib import Path

from mortar.drivers.gauge import read_battery
from mortar.drivers.thermal import clock_share, hottest_C
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
    return Figures(
        battery=read_battery(settings.gauge),
        hottest_C=hottest_C(),
        clock_share=clock_share(),
        memory_MB=_memory_MB(),
        disk_MB=_disk_MB(data),
        starting=sum(held.state is State.STARTING and held.restarts > 0 for held in processes.values()),
        missing=sum(held.state in (State.GIVEN_UP, State.LOST) for held in processes.values()),
        job_ms=round(max(jobs_ms, default=0.0)),
    )


def _memory_MB() -> int | None:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return None


def _disk_MB(data: Path) -> int | None:
    """The folder may not have been made yet: then it is where it will be made."""
    there = next(folder for folder in (data, *data.parents) if folder.exists())
    return shutil.disk_usage(there).free // 2**20
