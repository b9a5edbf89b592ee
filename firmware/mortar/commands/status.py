"""`mortar status`: what the running assistant does, and how its processes are."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from mortar.commands import past_runs
from mortar.errors import UsageError
from mortar.meanwhile import MEANWHILE, Meanwhile
from mortar.messages import Considered
from mortar.supervisor.status import StatusClient
from mortar.traces.folder import TraceFolder, beside, read

COLOURS = {"ready": "green", "starting": "yellow", "stopping": "yellow", "done": "dim", "idle": "dim"}
"""State → colour; any other state is trouble."""


class ProcessView(msgspec.Struct):
    """What people see of a process."""

    state: str
    restarts: int
    placement: dict[str, str] = {}
    considered: dict[str, list[Considered]] = {}
    pid: int | None = None
    job: str | None = None
    job_ms: float | None = None
    figures: dict[str, Any] = {}
    pss_kB: int | None = None


class FailureView(msgspec.Struct):
    process: str
    code: str
    what: str
    do: str
    times: int
    t_ms: float


class StatusView(msgspec.Struct):
    state: str
    title: str
    board: str
    model: str
    uptime_ms: float
    muted: bool
    camera_off: bool
    slow: list[str]
    """Names of what slows it down."""
    processes: dict[str, ProcessView]
    failures: list[FailureView]


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("status", help="how the running assistant is")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    parser.add_argument(
        "--run", metavar="N", dest="run_name", help="show a run that is over, by its number, or the 'last'"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE.svg", help="with --run: save its timeline as a picture"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    console = Console(highlight=False)
    if args.run_name is not None:
        _run_that_is_over(args, console)
        return 0
    if args.out is not None:
        raise UsageError("run-unknown", "--out draws one run", "say which: --run N, or --run last")
    status = StatusClient().status()
    runs = past_runs.summaries()
    if args.json:
        told = {**status, "failures": _with_meanwhile(status["failures"]), "runs": runs}
        print(json.dumps(told, ensure_ascii=False))
    else:
        _show(msgspec.convert(status, StatusView), console)
        past_runs.show_list(runs, console)
    return 0


def _run_that_is_over(args: argparse.Namespace, console: Console) -> None:
    file = TraceFolder().find(args.run_name)
    trace, files = read(file), beside(file)
    if args.json:
        print(json.dumps(past_runs.as_json(trace, files), ensure_ascii=False))
    elif args.out is None:
        past_runs.show(trace, files, console)
    if args.out is not None:
        past_runs.save(trace, args.run_name, args.out)


def _with_meanwhile(failures: Any) -> list[dict[str, Any]]:
    return [{**failure, "meanwhile": _meanwhile(failure["code"])} for failure in failures]


def _meanwhile(code: str) -> str:
    """A program that was started before an update may have codes that this one does not know."""
    return MEANWHILE.get(code, Meanwhile.NEXT_QUESTION)


def _show(status: StatusView, console: Console) -> None:
    console.print(
        f"Mortar is {_coloured(status.state)} on {status.title} ({status.board}), "
        f"model {status.model}, up {status.uptime_ms / 1e3:.0f} s"
    )
    for holds, line in (
        (status.muted, "muted: the microphone is closed; hold the button, or run `mortar mute off`"),
        (bool(status.slow), f"slowed down: {', '.join(status.slow)}"),
        (status.camera_off, 'the camera is off; say "turn the camera on", or run `mortar camera on`'),
    ):
        if holds:
            console.print(line, markup=False, style="yellow")
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
    for process in status.processes.values():
        for part, places in process.considered.items():
            for place in places:
                mark = "runs on" if place.is_used else "may run on" if place.is_usable else "not on"
                console.print(f"{part} {mark} {place.unit}: {place.reason}", markup=False, style="dim")
    for failure in status.failures:
        ago_s = (status.uptime_ms - failure.t_ms) / 1e3
        again = f", {failure.times} times" if failure.times > 1 else ""
        line = f"{failure.code}  {failure.process}, {ago_s:.0f} s ago{again}: {failure.what}"
        console.print(line, markup=False, style="red")
        console.print(f"    meanwhile: {_meanwhile(failure.code)}", markup=False)
        console.print(f"    what to do: {failure.do}", markup=False)


def _coloured(state: str) -> str:
    return f"[{COLOURS.get(state, 'red')}]{state}[/]"
