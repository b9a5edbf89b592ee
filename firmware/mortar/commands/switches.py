"""`mortar mute` and `mortar camera`: one device closed or open, now and after restarts."""

from __future__ import annotations

import argparse
from functools import partial
from typing import NamedTuple

from mortar import privacy, resources
from mortar.errors import MortarError
from mortar.messages import Switched
from mortar.privacy import Closed, Device
from mortar.supervisor.status import StatusClient


class _Command(NamedTuple):
    name: str
    device: Device
    opens: str
    """The state, "on" or "off", in which the device may be opened."""
    help: str
    state_help: str


_COMMANDS = (
    _Command(
        *("mute", Device.MICROPHONE, "off"),
        "close the microphone, also for later starts",
        "on: muted, nothing is recorded",
    ),
    _Command(
        *("camera", Device.CAMERA, "on"),
        "switch the camera off or on, also for later starts",
        "off: no picture is taken",
    ),
)


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for command in _COMMANDS:
        parser = subparsers.add_parser(command.name, help=command.help)
        parser.add_argument("state", choices=("on", "off"), help=command.state_help)
        parser.set_defaults(run=partial(run, command))


def run(command: _Command, args: argparse.Namespace) -> int:
    print(switch(command.device, is_on=args.state == command.opens))
    return 0


def switch(device: Device, *, is_on: bool) -> str:
    """Switch it, and say how it is now. Raises MortarError where that is not so, or not kept."""
    switched = _running(device, is_on=is_on)
    if switched is None:
        closed = privacy.change(resources.data_folder(), device, is_on=is_on)
        # One that has started meanwhile may have read the file before it was written.
        switched = _running(device, is_on=is_on)
        if switched is None:
            return f"{_told(device, closed)} when Mortar is started"
    if switched.failure is not None:
        raise MortarError(switched.failure.code, switched.failure.what, switched.failure.do)
    return f"{_told(device, switched.closed)} now"


def _running(device: Device, *, is_on: bool) -> Switched | None:
    """The answer of the running Mortar; None where none runs."""
    try:
        return StatusClient().switch(device, is_on=is_on)
    except MortarError as error:
        if error.code != "not-running":
            raise
    return None


def _told(device: Device, closed: Closed) -> str:
    return f"the {device} is {'closed' if closed.has(device) else 'on'}"
