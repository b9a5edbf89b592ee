"""Where the environment of rknn-toolkit2 is. `mortar tools make toolkit` makes it."""

from __future__ import annotations

import os
from pathlib import Path

from mortar.errors import MortarError

VERSION = "2.5.0"
NAME = f"rknn-toolkit2 {VERSION}"

VARIABLE = "MORTAR_RKNN_TOOLKIT"
"""Names an environment that is there already; it is used as it is."""

COMPLETE = "complete"
"""File in an environment that was made to the end."""


def is_named() -> bool:
    """Whether a person says where it is."""
    return bool(os.environ.get(VARIABLE))


def folder() -> Path:
    """Of the environment, whether or not it is there."""
    if is_named():
        return Path(os.environ[VARIABLE])
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "mortar" / NAME.replace(" ", "-")


def is_there() -> bool:
    """Whether the environment can be used."""
    found = folder()
    return (found / "bin" / "python").exists() and (is_named() or (found / COMPLETE).exists())


def python() -> Path:
    """The Python that has the toolkit. Raises MortarError."""
    if not is_there():
        raise MortarError(
            "toolkit-missing",
            f"there is no environment of {NAME} in {folder()}",
            "make it: mortar tools make toolkit",
        )
    return folder() / "bin" / "python"
