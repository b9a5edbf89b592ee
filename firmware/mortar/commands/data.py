"""`mortar data`: what is kept of what people said and showed; all of it in one file, or gone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mortar import resources
from mortar.commands.cards import PART, require_file
from mortar.errors import MortarError, UsageError
from mortar.store.kept import Kept, export, kept, wipe
from mortar.supervisor.status import alone
from mortar.whole_files import sync_folder, written_whole

NOT_SURE = 1
"""Exit status where somebody was asked and did not say yes."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("data", help="what is kept: show it, export it, wipe it")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("show", help="what there is, and how large")
    show.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    show.set_defaults(run=_show)
    exporting = actions.add_parser("export", help="all of it in one ZIP file")
    exporting.add_argument("file", type=Path, metavar="FILE.zip")
    exporting.set_defaults(run=_export)
    wiping = actions.add_parser("wipe", help="delete all of it, for good")
    wiping.add_argument("--yes", action="store_true", help="do not ask")
    wiping.set_defaults(run=_wipe)


def _show(args: argparse.Namespace) -> int:
    folder = resources.data_folder()
    found = kept(folder)
    if args.json:
        print(json.dumps({"folder": str(folder), "kept": [asdict(one) for one in found]}))
        return 0
    _print(found)
    print(f"in {folder}")
    return 0


def _export(args: argparse.Namespace) -> int:
    path: Path = args.file
    try:
        require_file(path)
        with written_whole(path, path.with_name(path.name + PART)) as file:
            export(resources.data_folder(), file)
        sync_folder(path.parent)
    except OSError as error:
        raise MortarError(
            "file-unwritable",
            f"{error.filename or path}: {error.strerror or error}",
            "name a file where there is room and permission to write",
        ) from None
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB; who has it can read and see all of it")
    return 0


def _wipe(args: argparse.Namespace) -> int:
    folder = resources.data_folder()
    with alone(resources.runtime_folder()):
        if not args.yes and not _is_sure(folder):
            print("Nothing was deleted.")
            return NOT_SURE
        wipe(folder)
    print("All of it is deleted. Settings and installed models are as they were.")
    return 0


def _is_sure(folder: Path) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "wipe-unconfirmed", "nobody can be asked here", "add --yes to wipe without a question"
        )
    _print(kept(folder))
    print(f"Delete all of this in {folder} for good? Then type yes: ", end="", flush=True)
    return sys.stdin.readline().strip().lower() == "yes"


def _print(found: Iterable[Kept]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("what")
    table.add_column("how many", justify="right")
    table.add_column("size", justify="right")
    for one in found:
        size = "" if one.size_B is None else f"{one.size_B / 1e3:.1f} kB"
        table.add_row(one.title, str(one.n), size)
    Console(highlight=False).print(table)
