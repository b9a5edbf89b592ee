"""`mortar models pull NAME`: how it goes, for people and for programs."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from mortar import catalogue, settings
from mortar.catalogue import Entry, Kind, Weights
from mortar.commands import EXIT_INTERRUPTED
from mortar.commands.conduct import print_json
from mortar.errors import UsageError
from mortar.installing.download import Tell
from mortar.installing.pull import Pull

TOLD = {
    "verified": "{file}: SHA-256 {sha256}, as the catalogue has it",
    "trusted": "{file}: pulled for the first time, so what {hub} states is trusted: SHA-256 {sha256}",
    "unstated": "{file}: {hub} states no SHA-256, so what came is trusted: SHA-256 {sha256}",
    "kept": "{file}: is here already",
    "trying": "{name}: is asked for an answer before it is put in place ...",
    "unchanged": "{name}: is what it was, and whole",
}
"""Event → how people are told."""

USE = {
    Kind.VISION_LANGUAGE: "mortar run --model {name}",
    Kind.SPEECH_TO_TEXT: 'in the settings, [listen] engine = "whisper" and model = "{name}"',
    Kind.VOICE: 'in the settings, [voice] engine = "piper" and model = "{name}"',
}
"""How an installed model is used."""


def pull(name: str, board: str, config: Path | None, *, as_json: bool, repin: bool) -> int:
    """Exit status. Raises MortarError; then what was installed before is as it was."""
    entry = _published(name)
    options = ["--board", board, *(["--config", str(config)] if config else [])]
    try:
        with ExitStack() as shown:
            report = _Lines() if as_json else _Screen(shown.enter_context(_bars()))
            made = Pull(name, entry, settings.load(board, config).models, options, report).run(repin=repin)
    except KeyboardInterrupt:
        print("mortar: stopped; nothing was installed, and the next pull goes on from here", file=sys.stderr)
        return EXIT_INTERRUPTED
    if as_json:
        print_json({"event": "done", "name": name, "version": made.version, "trial": made.tried})
    else:
        print(f"{name} is installed ({made.tried}).")
        print(f"Use it: {USE[entry.kind].format(name=name)}")
    return 0


def _published(name: str) -> Entry:
    """Raises UsageError where there is nothing to fetch by that name."""
    known = catalogue.entries()
    if name not in known:
        names = ", ".join(key for key, entry in known.items() if entry.parts)
        raise UsageError("model-not-known", f"the catalogue has no {name!r}", f"choose one of: {names}")
    entry = known[name]
    if not entry.parts:
        why = {
            Weights.BUNDLED: "comes with Mortar: there is nothing to fetch",
            Weights.NONE: "is known from its paper alone: its weights were never published",
            Weights.PUBLISHED: "is published in no form that Mortar runs, as far as is known for certain",
        }
        raise UsageError("model-not-fetchable", f"{name} {why[entry.weights]}", "see docs/models.md")
    return entry


class _Lines:
    """For programs."""

    def __call__(self, event: str, /, **data: object) -> None:
        print_json({"event": event, **data})

    def fetching(self, file: str) -> Tell:
        return lambda here, whole: None


class _Screen:
    """For people: a bar a file, on standard error, and a line for each thing worth knowing."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def __call__(self, event: str, /, **data: object) -> None:
        self._bars.console.print(escape(TOLD[event].format(**data)), soft_wrap=True)

    def fetching(self, file: str) -> Tell:
        task = self._bars.add_task(escape(file), total=None)
        return lambda here, whole: self._bars.update(task, completed=here, total=whole)


def _bars() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True, highlight=False)
    return Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=console)
