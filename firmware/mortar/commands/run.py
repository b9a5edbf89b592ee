"""`mortar run`: the assistant on this board."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import defaultdict
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape

from mortar import resources, settings
from mortar.assistant.stages import Press
from mortar.commands import timeline
from mortar.commands.cards import write_whole
from mortar.commands.conduct import (
    Outcome,
    RunFailed,
    add_common,
    conduct,
    print_json,
    print_json_event,
)
from mortar.drivers.probe import probe
from mortar.installing.folders import named_model
from mortar.messages import Event
from mortar.settings import RunOptions
from mortar.supervisor.supervisor import Supervisor

ANSWERS_FOLDER = "answers"
"""Where the session's spoken answers go, below the current folder."""

SHOWN = {
    "ready": "listening",
    "wake": "heard the wake word ({word})",
    "press": "button ({kind})",
    "typed": "asked in writing: “{text}”",
    "stop": "heard “{phrase}”",
    "partial": "“{text} …”",
    "speech_end": "you stopped speaking",
    "look_end": "looked ({n_tok} tokens in {encode_ms} ms)",
    "first_sound": "speaking",
    "muted": "muted: the microphone is closed",
    "unmuted": "the microphone is open again",
    "camera_off": "the camera is off",
    "camera_on": "the camera is on again",
    "ring_start": "{name} {kind} is due",
    "ring_end": "silent again ({why})",
    "trouble": "trouble: {what}; {do}",
    "restart": "{process} ended ({exit}) and is started again",
    "back": "{process} is back",
    "error": "{process}: {what}; {do}",
}
"""Event → how people are told while it runs."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("run", help="the assistant on this board")
    parser.add_argument("--mic", metavar="FILE|DIR|PIPE", help="what plays the microphone")
    parser.add_argument("--camera", metavar="FILE|DIR", help="picture(s) that play the camera")
    parser.add_argument("--speaker", metavar="FILE", help="WAV file that plays the speaker")
    parser.add_argument("--model", metavar="NAME|FOLDER|GGUF", help="vision-language model to use")
    parser.add_argument("--once", action="store_true", help="end after one exchange")
    parser.add_argument("--fast", action="store_true", help="do not pace files in real time")
    parser.add_argument("--timeline", type=Path, metavar="FILE", help="save the timeline as SVG")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    console = Console(stderr=args.json, highlight=False)
    options = _with_session(
        RunOptions(
            board=args.board,
            mic=args.mic,
            camera=args.camera,
            speaker=args.speaker,
            model=named_model(args.model),
            once=args.once,
            fast=args.fast,
        ),
        args.config,
        console,
    )
    show = print_json_event if args.json else _Screen(console).show
    try:
        outcome = conduct(options, args.config, show, _press_by_key)
    except RunFailed as failed:
        if args.json:
            print_json(failed.result)
        raise
    if args.timeline is not None:
        first = next(timeline.exchanges(outcome.events))
        write_whole(args.timeline, timeline.svg(first, "mortar run --once").encode())
    _conclude(args, options, outcome, console)
    return 0


def _with_session(options: RunOptions, config: Path | None, console: Console) -> RunOptions:
    """Where a device is neither given as a file nor there, the whole run plays the session."""
    if options.mic and options.camera and options.speaker:
        return options
    configured = settings.load(options.board, config)
    found = probe()
    missing = [
        name
        for name, given, wanted, there in (
            ("microphone", options.mic, configured.microphone.device, found.microphone),
            ("camera", options.camera, configured.camera.device, found.camera),
            ("speaker", options.speaker, configured.speaker.device, found.speaker),
        )
        if given is None and wanted == "auto" and there is None
    ]
    if not missing:
        return options
    if options.mic is not None:
        # The recording is the person's own: what is missing is said aloud when it is needed.
        console.print(f"There is no {' and no '.join(missing)} here.")
        return options
    console.print(
        f"There is no {' and no '.join(missing)} here: playing the session in "
        f"{resources.session_folder()} instead; spoken answers go to {ANSWERS_FOLDER}/."
    )
    folder = str(resources.session_folder())
    return msgspec.structs.replace(
        options, mic=folder, camera=folder, speaker=options.speaker or ANSWERS_FOLDER
    )


class _Screen:
    """Tells people what happens, a line an event, and draws each exchange when it is over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gathering = timeline.Gathering()

    def show(self, event: Event) -> None:
        if event.event in SHOWN and not (event.event == "look_end" and "trouble" in event.data):
            self._console.print(f"[dim]{event.t_ms / 1e3:8.2f} s[/dim]  {escape(_told(event))}")
        if (exchange := self._gathering.add(event)) is not None:
            self._console.print()
            self._console.print(timeline.render(exchange))
            self._console.print()


def _told(event: Event) -> str:
    return SHOWN[event.event].format_map(defaultdict(str, event.data))


def _press_by_key(supervisor: Supervisor) -> None:
    """On a terminal, Enter is the button."""
    if not sys.stdin.isatty():
        return

    def read() -> None:
        if not sys.stdin.readline():
            asyncio.get_running_loop().remove_reader(sys.stdin)
            return
        supervisor.press(Press.SHORT)

    asyncio.get_running_loop().add_reader(sys.stdin, read)


def _conclude(args: argparse.Namespace, options: RunOptions, outcome: Outcome, console: Console) -> None:
    if args.json:
        print_json(outcome.result)
    elif options.speaker is not None:
        console.print(f"What was spoken is in {options.speaker}.")
