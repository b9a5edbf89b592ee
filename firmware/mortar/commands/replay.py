"""`mortar replay`: a kept run once more, without devices or models, and what is different today."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console

from mortar import languages
from mortar.assistant.intents import Understanding
from mortar.commands import EXIT_DONE, EXIT_FAILED
from mortar.traces.folder import TraceFolder, read
from mortar.traces.replay import Difference, replay

COLOURS = {"-": "red", "+": "green"}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "replay",
        help="play a kept run again, and show what the conversation does differently today",
        description="Gives the messages of a kept run to the conversation once more, at their times, and "
        "compares what it says and does. Exit status 1 where something differs.",
    )
    parser.add_argument("run_name", metavar="RUN", help="number of a run, 'last', or the file of one")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    trace = read(TraceFolder().find(args.run_name))
    language = trace.script.settings.language if trace.script else languages.REFERENCE
    differences = replay(trace, Understanding(languages.of(language)))
    if args.json:
        told = [asdict(difference) for difference in differences]
        print(json.dumps({"cues": len(trace.cues), "differences": told}, ensure_ascii=False))
    else:
        _show(differences, len(trace.cues), Console(highlight=False))
    return EXIT_FAILED if differences else EXIT_DONE


def _show(differences: list[Difference], n_cues: int, console: Console) -> None:
    for difference in differences:
        console.print(f"{difference.at_ms:8.0f} ms  {difference.cue}", style="bold", markup=False)
        for line in difference.lines:
            console.print(f"    {line}", style=COLOURS.get(line[0], "dim"), markup=False)
    if differences:
        console.print(f"{len(differences)} of {n_cues} messages lead to something else than they did then.")
    else:
        console.print(f"All {n_cues} messages lead to what they led to then.")
