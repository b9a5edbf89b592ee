"""`mortar describe IMAGE`: one picture, one answer, through the real eye and language processes."""

from __future__ import annotations

import argparse

from mortar.commands.conduct import RunFailed, add_common, conduct, print_json, print_json_event
from mortar.messages import Event
from mortar.settings import RunOptions

DESCRIBE = "what do you see"
"""What the model that comes with Mortar is asked where nobody asks anything else."""

RESULT_KEYS = ("event", "answer", "confidence", "first_token_ms", "placement", "t_ms")


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("describe", help="one picture, one answer")
    parser.add_argument("image", help="a picture file")
    parser.add_argument("--ask", metavar="TEXT", default=DESCRIBE, help=f"default: {DESCRIBE!r}")
    parser.add_argument("--model", metavar="FOLDER", help="vision-language model to use")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    options = RunOptions(
        board=args.board, camera=args.image, model=args.model, once=True, fast=True, ask=args.ask
    )
    try:
        outcome = conduct(options, args.config, print_json_event if args.json else _ignore)
    except RunFailed as failed:
        if args.json:
            _print_result(failed.result)
        raise
    if args.json:
        _print_result(outcome.result)
    else:
        print(outcome.result["answer"])
    return 0


def _print_result(result: dict[str, object]) -> None:
    print_json({key: result[key] for key in RESULT_KEYS if key in result})


def _ignore(event: Event) -> None:
    """People want the answer alone; errors come as one line on standard error."""
