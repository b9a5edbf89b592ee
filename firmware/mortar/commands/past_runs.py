"""The last runs, as `mortar status` shows them: a line each, or one as a timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mortar.commands import timeline
from mortar.commands.cards import write_whole
from mortar.drivers import recordings
from mortar.drivers.pictures import read_picture
from mortar.errors import MortarError
from mortar.traces.folder import Beside, TraceFolder, read
from mortar.traces.trace import Trace

LISTED = 8
"""Runs that `mortar status` lists; all that are kept have a timeline."""

WORDS_KEPT = 40
"""Characters of an answer in its line."""


def summaries() -> list[dict[str, Any]]:
    """The newest runs, oldest first: run, began, heard, answer, wait_ms, trouble. A file that cannot be
    read has run and damage."""
    folder = TraceFolder()
    return [_summary(number, folder.find(str(number))) for number in folder.numbers()[-LISTED:]]


def _summary(number: int, file: Path) -> dict[str, Any]:
    try:
        trace = read(file)
    except MortarError as error:
        return {"run": number, "damage": str(error)}
    return {
        "run": number,
        "began": trace.began.isoformat(timespec="seconds"),
        "heard": trace.heard,
        "answer": trace.answer,
        "wait_ms": trace.wait_ms,
        "trouble": trace.trouble,
    }


def show_list(runs: list[dict[str, Any]], console: Console) -> None:
    if not runs:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("run", "when", "heard", "answer"):
        table.add_column(title)
    table.add_column("first sound after", justify="right", no_wrap=True)
    table.add_column("trouble", style="red")
    for run in runs:
        if damage := run.get("damage"):
            table.add_row(str(run["run"]), "", "", "", "", escape(damage))
            continue
        answer = run["answer"] or ""
        shown = answer if len(answer) <= WORDS_KEPT else f"{answer[: WORDS_KEPT - 1]}…"
        table.add_row(
            str(run["run"]),
            run["began"][:19].replace("T", " "),
            escape(run["heard"] or ""),
            escape(shown),
            f"{run['wait_ms']:.0f} ms" if run["wait_ms"] is not None else "",
            run["trouble"] or "",
        )
    console.print(table)


def show(trace: Trace, files: list[Path], console: Console) -> None:
    """Its timeline, what it ran on, what went wrong, and which `files` lie beside it."""
    units = ", ".join(f"{part} on {unit}" for part, unit in trace.placement.items())
    console.print(
        f"{trace.began:%Y-%m-%d %H:%M:%S}, Mortar {trace.version} on {trace.board}, {trace.model} model"
    )
    console.print(f"{units}\n", style="dim")
    console.print(timeline.render(trace.events))
    for event in trace.events:
        if event.event == "trouble":
            said = "; ".join(str(event.data[key]) for key in ("what", "do") if key in event.data)
            console.print(f"{event.data['code']}: {said}".rstrip(": "), markup=False, style="red")
    for file in files:
        console.print(f"kept with it: {_measured(file)}", markup=False, soft_wrap=True)


def _measured(file: Path) -> str:
    """Where it is, and how long or large; or why that cannot be told."""
    try:
        if file.suffix == Beside.SOUND:
            return f"{file} ({len(recordings.load(file)) / recordings.RATE_Hz:.1f} s)"
        width, height = read_picture(file).size
        return f"{file} ({width}×{height})"
    except MortarError as error:
        return str(error)


def as_json(trace: Trace, files: list[Path]) -> dict[str, Any]:
    """All that the file holds, the figures that are counted from it, and the `files` beside it."""
    held: dict[str, Any] = msgspec.to_builtins(trace)
    return {**held, "wait_ms": trace.wait_ms, "files": [str(file) for file in files]}


def save(trace: Trace, name: str, path: Path) -> None:
    write_whole(path, timeline.svg(trace.events, f"mortar status --run {name}").encode())
