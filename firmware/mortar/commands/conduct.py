"""Run the supervisor for a command: events to the screen or as JSON lines, the result at the end."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mortar import settings
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import Event, Finished
from mortar.runtimes import wake_words
from mortar.settings import RunOptions, Settings
from mortar.supervisor.supervisor import Supervisor


@dataclass(frozen=True)
class Outcome:
    """A finished run: its result line, and every event with times from the start."""

    result: dict[str, object]
    events: list[Event]


def add_common(parser: argparse.ArgumentParser) -> None:
    """Options that every command with a supervisor has."""
    parser.add_argument("--board", default="host", help="board profile (default: host)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, nothing else")


def conduct(
    options: RunOptions,
    config: Path | None,
    show: Callable[[Event], None],
    prepare: Callable[[Supervisor], None] = lambda supervisor: None,
) -> Outcome:
    """Run until finished. `show` gets each event, its time counted from the start of the run.

    Raises MortarError where the run failed; the events that led there were shown.
    """
    started_ms = now_ms()
    loaded: Settings = settings.load(options.board, config)
    wake_words.require_known(loaded.ears.wake_words)
    events: list[Event] = []

    def on_event(event: Event) -> None:
        event = msgspec.structs.replace(event, t_ms=round(event.t_ms - started_ms, 1))
        events.append(event)
        show(event)

    async def supervise() -> tuple[Finished, dict[str, str]]:
        supervisor = Supervisor(loaded, options, on_event, started_ms)
        prepare(supervisor)
        finished = await supervisor.run()
        return finished, supervisor.placement

    finished, placement = asyncio.run(supervise())
    result: dict[str, object] = {
        "event": "done",
        **finished.result,
        "t_ms": round(now_ms() - started_ms, 1),
        "placement": placement,
    }
    if finished.failure is not None:
        failure = finished.failure
        raise RunFailed(MortarError(failure.code, failure.what, failure.do), result)
    return Outcome(result, events)


class RunFailed(MortarError):
    """The run came to its end, but not well: `result` is what there is all the same."""

    def __init__(self, error: MortarError, result: dict[str, object]) -> None:
        super().__init__(error.code, error.what, error.do)
        self.result = result


def print_json_event(event: Event) -> None:
    print_json({"event": event.event, "t_ms": event.t_ms, **event.data})


def print_json(line: dict[str, object]) -> None:
    print(json.dumps(line, ensure_ascii=False))
    sys.stdout.flush()
