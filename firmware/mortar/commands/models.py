"""`mortar models`: what there is, and models by name: fetched, checked, removed."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import asdict
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
from rich.table import Table

from mortar import catalogue, settings
from mortar.catalogue import Entry, Kind, Weights
from mortar.commands.conduct import print_json
from mortar.errors import MortarError, UsageError
from mortar.installing import lock
from mortar.installing.download import Tell
from mortar.installing.listing import NOT_KNOWN, rows
from mortar.installing.pull import Pull
from mortar.installing.removal import State, removed, verified
from mortar.settings import Settings

EXIT_INTERRUPTED = 130

ALL = "all"

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


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("models", help="models by name: list, pull, verify, remove")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what Mortar knows, and what is installed")
    listing.set_defaults(run=_list)
    pulling = actions.add_parser("pull", help="fetch a model of the catalogue, try it, install it")
    pulling.add_argument("name")
    pulling.add_argument("--repin", action="store_true", help="trust a file that is another than before")
    pulling.set_defaults(run=_pull)
    verifying = actions.add_parser("verify", help="compare files with the checksums they were pulled with")
    verifying.add_argument("name", metavar=f"NAME|{ALL}")
    verifying.set_defaults(run=_verify)
    removing = actions.add_parser("remove", help="delete an installed model")
    removing.add_argument("name")
    removing.set_defaults(run=_remove)
    for action in (listing, pulling, verifying, removing):
        action.add_argument("--board", default="host", help="board profile (default: host)")
        action.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
        action.add_argument("--json", action="store_true", help="one JSON object a line, nothing else")


# --- pull ---


def _pull(args: argparse.Namespace) -> int:
    entry = _published(args.name)
    options = ["--board", args.board, *(["--config", str(args.config)] if args.config else [])]
    try:
        with ExitStack() as shown:
            report = _Lines() if args.json else shown.enter_context(_Screen())
            pull = Pull(args.name, entry, _settings(args).models, options, report)
            made = pull.run(repin=args.repin)
    except KeyboardInterrupt:
        print("mortar: stopped; nothing was installed, and the next pull goes on from here", file=sys.stderr)
        return EXIT_INTERRUPTED
    if args.json:
        print_json({"event": "done", "name": args.name, "version": made.version, "trial": made.tried})
    else:
        print(f"{args.name} is installed ({made.tried}).")
        print(f"Use it: {USE[entry.kind].format(name=args.name)}")
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


class _Screen(Progress):
    """For people: a bar a file, on standard error, and a line for each thing worth knowing."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        console = Console(stderr=True, highlight=False)
        super().__init__(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=console)

    def __call__(self, event: str, /, **data: object) -> None:
        self.console.print(escape(TOLD[event].format(**data)), soft_wrap=True)

    def fetching(self, file: str) -> Tell:
        task = self.add_task(escape(file), total=None)
        return lambda here, whole: self.update(task, completed=here, total=whole)


# --- list, verify, remove ---


def _list(args: argparse.Namespace) -> int:
    found = list(rows(_settings(args)))
    if args.json:
        for row in found:
            print_json(asdict(row))
        return 0
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("name", "what", "size", "licence", "state"):
        table.add_column(column, justify="right" if column == "size" else "left", no_wrap=column == "name")
    for row in found:
        size = NOT_KNOWN if row.size_MB is None else f"{row.size_MB:.0f} MB"
        table.add_row(*map(escape, (row.name, row.kind, size, row.licence, row.state)))
    Console(highlight=False).print(table)
    return 0


def _verify(args: argparse.Namespace) -> int:
    names = sorted(lock.load().installed) if args.name == ALL else [args.name]
    checked = [one for name in names for one in verified(name)]
    for one in checked:
        if args.json:
            print_json(asdict(one))
        else:
            print(f"{one.name}/{one.file}: {one.state}")
    if not names and not args.json:
        print("No model was pulled.")
    if damaged := sorted({one.name for one in checked if one.state is not State.WHOLE}):
        raise MortarError(
            "model-damaged",
            f"not what was pulled: {', '.join(damaged)}",
            f"run `mortar models pull {damaged[0]}`: it fetches what is damaged again",
        )
    return 0


def _remove(args: argparse.Namespace) -> int:
    size_bytes = removed(args.name, _settings(args))
    if args.json:
        print_json({"event": "removed", "name": args.name, "size_bytes": size_bytes})
    else:
        print(f"{args.name} is removed: {size_bytes / 1e6:.0f} MB.")
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    return settings.load(args.board, args.config)
