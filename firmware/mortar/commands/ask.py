"""`mortar ask TEXT`: ask the running assistant in writing; it answers aloud."""

from __future__ import annotations

import argparse

from mortar.errors import MortarError, UsageError
from mortar.supervisor.status import LONGEST_QUESTION, StatusClient


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "ask",
        help="ask the running assistant in writing; it answers aloud",
        description="Ask the running assistant in writing, as if it had been said behind the wake word.",
    )
    parser.add_argument("text", help="for example: what time is it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    text = " ".join(args.text.split())
    if not 0 < len(text) <= LONGEST_QUESTION:
        raise UsageError(
            "question-unusable",
            f"the question has {len(text)} characters",
            f"ask in 1 to {LONGEST_QUESTION}",
        )
    reply = StatusClient().ask(text)
    if not reply.accepted:
        raise MortarError("question-refused", reply.why, "see `mortar status`, and ask again")
    return 0
