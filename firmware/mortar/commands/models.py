"""`mortar models`: what there is, and models by name: fetched, checked, removed."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mortar import settings
from mortar.commands.conduct import print_json
from mortar.errors import MortarError
from mortar.installing import lock
from mortar.installing.listing import NOT_KNOWN, rows
from mortar.installing.removal import State, removed, verified
from mortar.settings import Settings

ALL = "all"


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


def _pull(args: argparse.Namespace) -> int:
    # It brings along what speaks to a network, which no other command has any use for.
    from mortar.commands.model_pull import pull

    return pull(args.name, args.board, args.config, as_json=args.json, repin=args.repin)


def _list(args: argparse.Namespace) -> int:
    found = list(rows(_settings(args)))
    if args.json:
        for row in found:
            print_json(asdict(row))
        return 0
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("name", "what"):
        table.add_column(column, no_wrap=True)
    table.add_column("size", justify="right")
    for column in ("licence", "state"):
        table.add_column(column)
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
