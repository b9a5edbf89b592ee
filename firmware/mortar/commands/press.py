"""`mortar press`: press the running assistant's button."""

from __future__ import annotations

import argparse

from mortar.assistant.stages import PRESS_HELP, Press
from mortar.errors import MortarError
from mortar.supervisor.status import StatusClient


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    kinds = "; ".join(f"{kind}: {help_text}" for kind, help_text in PRESS_HELP.items())
    parser = subparsers.add_parser("press", help="press the running assistant's button")
    parser.add_argument("kind", nargs="?", choices=list(Press), default=Press.SHORT.value, help=kinds)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    reply = StatusClient().press(args.kind)
    if not reply.accepted:
        raise MortarError("press-refused", reply.why, "see `mortar status`, and press again")
    return 0
