"""`mortar describe IMAGE`: one picture, one answer, through the real eye and language processes."""

from __future__ import annotations

import argparse
import sys

from mortar.commands.conduct import RunFailed, add_common, conduct, print_json, print_json_event
from mortar.installing.folders import named_model
from mortar.messages import Event
from mortar.settings import RunOptions

DESCRIBE = "what do you see"
"""What the model that comes with Mortar is asked where nobody asks anything else."""

RESULT_KEYS = (
    *("event", "answer", "confidence", "is_sure", "model"),
    *("first_token_ms", "placement", "t_ms"),
)


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("describe", help="one picture, one answer")
    parser.add_argument("image", help="a picture file")
    parser.add_argument("--ask", metavar="TEXT", default=DESCRIBE, help=f"default: {DESCRIBE!r}")
    parser.add_argument("--model", metavar="NAME|FOLDER|GGUF", help="vision-language model to use")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    model = named_model(args.model)
    options = RunOptions(board=args.board, camera=args.image, model=model, once=True, fast=True, ask=args.ask)
    overcome: list[str] = []

    def note(event: Event) -> None:
        """People want the answer alone, and what went wrong on the way to it."""
        if event.event == "error":
            overcome.append(f"{event.data['what']}; {event.data['do']}")

    try:
        outcome = conduct(options, args.config, print_json_event if args.json else note)
    except RunFailed as failed:
        if args.json:
            _print_result(failed.result)
        raise
    if args.json:
        _print_result(outcome.result)
    else:
        for line in overcome:
            print(f"mortar: {line}", file=sys.stderr)
        print(outcome.result["answer"])
    return 0


def _print_result(result: dict[str, object]) -> None:
    print_json({key: result[key] for key in RESULT_KEYS if key in result})
