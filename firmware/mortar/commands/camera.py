"""`mortar camera`: close the camera, or allow it again."""

from __future__ import annotations

import argparse

from mortar.commands.switches import switch
from mortar.privacy import Device


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("camera", help="switch the camera off or on, also for later starts")
    parser.add_argument("state", choices=("on", "off"), help="off: no picture is taken")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    print(switch(Device.CAMERA, is_on=args.state == "on"))
    return 0
