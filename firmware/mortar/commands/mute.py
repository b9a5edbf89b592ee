"""`mortar mute`: close the microphone, or open it again."""

from __future__ import annotations

import argparse

from mortar.commands.switches import switch
from mortar.privacy import Device


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("mute", help="close the microphone, also for later starts")
    parser.add_argument("state", choices=("on", "off"), help="on: muted, nothing is recorded")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    print(switch(Device.MICROPHONE, is_on=args.state == "off"))
    return 0
