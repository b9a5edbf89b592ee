"""The command line: `mortar COMMAND`. One file a command; the developer's join by entry point."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from importlib.metadata import entry_points

from mortar import __version__, logs
from mortar.errors import MortarError, UsageError

COMMANDS = (
    *("run", "describe", "hear", "press", "ask", "switches"),
    *("status", "replay", "data", "cards", "models", "doctor"),
)
"""Modules beside this file; each has `add(subparsers)`, whose parsers know what to `run(args)`."""

ENTRY_POINTS = "mortar.commands"
"""Group through which mortar_tools adds its commands; each names an `add` function."""

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130


def main(argv: list[str] | None = None) -> int:
    """Run one command; gives the exit status: 0 done, 1 it failed, 2 wrong use."""
    parser = argparse.ArgumentParser(
        prog="mortar", description="A pocket assistant that sees, hears and speaks offline."
    )
    parser.add_argument("--version", action="version", version=f"mortar {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"{__name__}.{name}").add(subparsers)
    for point in entry_points(group=ENTRY_POINTS):
        point.load()(subparsers)
    args, rest = parser.parse_known_args(argv)
    if rest and not hasattr(args, "rest"):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    args.rest = rest  # a developer's command parses its own
    try:
        logs.begin()
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except UsageError as error:
        return _complain(error, EXIT_USAGE)
    except MortarError as error:
        return _complain(error, EXIT_FAILED)
    except BrokenPipeError:
        # Whoever read our output has had enough; there is nobody left to tell.
        sys.stderr.close()
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _complain(error: MortarError, status: int) -> int:
    print(f"mortar: {error}", file=sys.stderr)
    return status
