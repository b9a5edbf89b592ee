"""The folder that figures and plots are written to."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from mortar.errors import UsageError


def require_plots(folder: Path) -> None:
    """Makes the folder, and finds out whether plots can be drawn, before minutes are spent on figures.

    Raises UsageError where the folder cannot be made, ModuleNotFoundError where matplotlib is missing.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("out-unusable", f"{folder}: {error.strerror}", "choose another") from None
    import_module("matplotlib")
