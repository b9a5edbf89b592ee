"""`mortar status`: what the running assistant does, and how its processes are."""

from __future__ import annotations

import argparse
import json
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from mortar.supervisor.status import StatusClient

COLOURS = {"ready": "green", "starting": "yellow", "stopping": "yellow", "done": "dim", "idle": "dim"}
"""State → colour; any other state is trouble."""


class ProcessView(msgspec.Struct):
    """What people see of a process."""

    state: str
    restarts: int
    placement: dict[str, str] = {}
    pid: int | None = None
    job: str | None = None
    job_ms: float | None = None
    figures: dict[str, Any] = {}
    pss_kB: int | None = None


class FailureView(msgspec.Struct):
    process: str
    what: str
    do: str
    t_ms: float


class StatusView(msgspec.Struct):
    state: str
    title: str
    board: str
    model: str
    uptime_ms: float
    processes: dict[str, ProcessView]
    failures: list[FailureView]


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("status", help="how the running assistant is")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    status = StatusClient().status()
    if args.json:
        print(json.dumps(status, ensure_ascii=False))
    else:
        _show(msgspec.convert(status, StatusView), Console(highlight=False))
    return 0


def _show(status: StatusView, console: Console) -> None:
    console.print(
        f"Mortar is {_coloured(status.state)} on {status.title} ({status.board}), "
        f"model {status.model}, up {status.uptime_ms / 1e3:.0f} s"
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("process", "state", "where", "does"):
        table.add_column(title)
    table.add_column("restarts", justify="right")
    table.add_column("memory", justify="right")
    table.add_column("figures")
    for name, process in status.processes.items():
        table.add_row(
            name,
            _coloured(process.state),
            ", ".join(f"{part} on {unit}" for part, unit in process.placement.items()),
            f"{process.job} ({process.job_ms:.0f} ms)" if process.job else "",
            str(process.restarts),
            f"{process.pss_kB / 1024:.1f} MiB" if process.pss_kB is not None else "",
            ", ".join(f"{name} {value}" for name, value in process.figures.items()),
        )
    console.print(table)
    for failure in status.failures:
        line = f"{failure.t_ms / 1e3:8.1f} s  {failure.process}: {failure.what}; {failure.do}"
        console.print(line, markup=False, style="red")


def _coloured(state: str) -> str:
    return f"[{COLOURS.get(state, 'red')}]{state}[/]"
