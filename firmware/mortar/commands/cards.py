"""`mortar cards`: the picture cards that the bundled model knows, to print and for a second display."""

from __future__ import annotations

import argparse
import errno
import textwrap
from collections.abc import Sequence
from pathlib import Path

from mortar import resources
from mortar.cards.deck import Card, deck, pick
from mortar.cards.page import page
from mortar.cards.sheets import PAPERS_mm, sheets
from mortar.errors import MortarError, UsageError
from mortar.whole_files import PRIVATE, written_whole

PUBLIC = 0o666
"""Less what the user's umask takes away."""

PART = ".part"
"""Added to a file's name while it is being written."""

SIZE_mm = 60.0
LONGEST_s = 3600.0


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "cards",
        help="picture cards to print, or for a second display",
        description="Picture cards to print (--pdf) or for a second display (--page); alone: the list.",
    )
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="write sheets to print and cut")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write a full-screen page for a browser")
    parser.add_argument("--things", metavar="NAMES", help="only these, with commas: cat,cat,red circle")
    parser.add_argument("--paper", choices=list(PAPERS_mm), default="a4", help="default: a4")
    parser.add_argument("--size-mm", type=float, default=SIZE_mm, help=f"a card's edge, default: {SIZE_mm:g}")
    parser.add_argument("--names", action="store_true", help="print each card's name on it")
    parser.add_argument(
        "--every-s", type=float, default=0.0, metavar="S", help="the page lays other cards by itself"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    cards = deck(resources.bundled_model())
    if args.things is not None:
        cards = pick(cards, args.things.split(","))
    if not 0 <= args.every_s <= LONGEST_s:
        raise UsageError(
            "pace", f"--every-s {args.every_s:g} is no pace", f"choose 0 to {LONGEST_s:g} seconds"
        )
    if args.pdf is not None:
        content, n_pages = sheets(cards, args.paper, args.size_mm, args.names)
        write_whole(args.pdf, content)
        print(f"{args.pdf}: {_counted(len(cards), 'card')} on {_counted(n_pages, 'page')}; print at 100 %")
    if args.page is not None:
        write_whole(args.page, page(cards, args.every_s).encode())
        print(f"{args.page}: {_counted(len(cards), 'card')}; open it in a browser, f is full screen")
    if args.pdf is None and args.page is None:
        _list(cards)
    return 0


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write beside the name and move there: nobody ever sees half of it, nor others any of what is `private`.

    Raises MortarError where the file system refuses, or the name is that of a folder or a device.
    """
    try:
        require_file(path)
        with written_whole(path, path.with_name(path.name + PART), PRIVATE if private else PUBLIC) as file:
            file.write(content)
    except OSError as error:
        raise MortarError(
            "file-unwritable",
            f"{path}: {error.strerror or error}",
            "name a file where there is room and permission to write",
        ) from None


def require_file(path: Path) -> None:
    """Raises OSError where the name is that of a folder or a device."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "this is not an ordinary file")


def _list(cards: Sequence[Card]) -> None:
    # A name of two words stays on one line.
    names = ", ".join(card.name.replace(" ", "\N{NO-BREAK SPACE}") for card in cards)
    lines = textwrap.fill(names, width=80, initial_indent="  ", subsequent_indent="  ")
    print(f"There are {_counted(len(cards), 'card')}:")
    print(lines.replace("\N{NO-BREAK SPACE}", " "))
    print("Print them:             mortar cards --pdf cards.pdf")
    print("Show them on a screen:  mortar cards --page cards.html")


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
