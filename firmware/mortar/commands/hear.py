"""`mortar hear FILE.wav`: what the ears make of a recording."""

from __future__ import annotations

import argparse

from mortar.commands.conduct import add_common, conduct, print_json, print_json_event
from mortar.messages import Event
from mortar.settings import RunOptions

RESULT_KEYS = ("event", "wake", "wake_ms", "text", "intent", "slots", "t_ms")


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("hear", help="what the ears make of a recording")
    parser.add_argument("recording", help="WAV, FLAC, OGG, or raw 16 kHz mono PCM")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    options = RunOptions(board=args.board, mic=args.recording, once=True, fast=True, hear=True)
    outcome = conduct(options, args.config, print_json_event if args.json else _ignore)
    result = outcome.result
    if args.json:
        print_json({key: result[key] for key in RESULT_KEYS})
        return 0
    wake_ms = result["wake_ms"]
    woken = f"{result['wake']} at {wake_ms / 1e3:.2f} s" if isinstance(wake_ms, float) else "none"
    print(f"wake word: {woken}")
    print(f"text:      {result['text'] or 'nothing that the ears understand'}")
    print(f"intent:    {result['intent'] or 'none'}")
    return 0


def _ignore(event: Event) -> None:
    """People want the result alone."""
