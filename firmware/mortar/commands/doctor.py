"""`mortar doctor`: what this board has, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mortar import settings
from mortar.commands.cards import write_whole
from mortar.commands.conduct import add_common, print_json
from mortar.doctor.checks import examine
from mortar.doctor.finding import Examined, Finding, Verdict
from mortar.doctor.machine import Machine
from mortar.doctor.report import Part, archive, parts

STYLES = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.BAD: "red"}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("doctor", help="what is there, what is missing, what to do")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE.zip",
        help="write an archive for somebody who helps: no recordings, pictures, words, names or secrets",
    )
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit status 1 where something that Mortar needs is missing; a report that was written is 0."""
    examined = Examined(args.board, settings.load(args.board, args.config), Machine())
    findings = examine(examined)
    if args.json:
        for finding in findings:
            shown = {"name": finding.name, "verdict": finding.verdict, "what": finding.what, "do": finding.do}
            print_json({"event": "finding", **shown})
    else:
        _print_table(findings)
    if args.report is not None:
        held = parts(examined, findings)
        write_whole(args.report, archive(held), private=True)
        _tell(args.report, held, as_json=args.json)
        return 0
    return 1 if any(finding.verdict is Verdict.BAD for finding in findings) else 0


def _print_table(findings: list[Finding]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("", "", "found", "what to do"):
        table.add_column(column)
    for finding in findings:
        style = STYLES[finding.verdict]
        verdict = f"[{style}]{finding.verdict.value}[/{style}]"
        table.add_row(finding.name, verdict, escape(finding.what), escape(finding.do))
    Console(highlight=False).print(table)


def _tell(path: Path, held: list[Part], *, as_json: bool) -> None:
    """What the report holds; the runs are one line."""
    if as_json:
        told = [{"file": part.file, "about": part.about, "size_bytes": len(part.content)} for part in held]
        print_json({"event": "report", "file": str(path), "holds": told})
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("file", "what it is"):
        table.add_column(title)
    table.add_column("bytes", justify="right")
    for about, alike in groupby(held, lambda part: part.about):
        alike_parts = list(alike)
        first, last = alike_parts[0].file, alike_parts[-1].file
        size = sum(len(part.content) for part in alike_parts)
        table.add_row(first if first == last else f"{first} … {last}", about, str(size))
    console = Console(highlight=False)
    console.print(f"\n{path} holds:", markup=False)
    console.print(table)
    console.print("No recordings, pictures, words, names or secrets are in it; look before you send it.")
