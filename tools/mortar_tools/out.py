"""The folder that figures and plots are written to, and the bar that is shown meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from mortar.errors import UsageError

T = TypeVar("T")


def require_plots(folder: Path) -> None:
    """Makes the folder, and finds out whether plots can be drawn, before minutes are spent on figures.

    Raises UsageError where the folder cannot be made, ModuleNotFoundError where matplotlib is missing.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("out-unusable", f"{folder}: {error.strerror}", "choose another") from None
    import_module("matplotlib")


def progress(items: Iterable[T], title: str) -> Iterator[T]:
    """The same items, with a progress bar on standard error where people look."""
    console = Console(stderr=True)
    yield from track(items, title, console=console, transient=True, disable=not console.is_terminal)
