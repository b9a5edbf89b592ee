"""Where the files that come with Mortar are: in the checkout, or in an installed wheel."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mortar.errors import MortarError, UsageError

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent.parent


def _first(installed: str, checkout: str) -> Path:
    inside = _INSTALLED / installed
    return inside if inside.exists() else _CHECKOUT / checkout


def profiles_folder() -> Path:
    return _first("profiles", "board/profiles")


def profile(board: str) -> Path:
    """The board's profile. Raises UsageError that lists the boards there are."""
    known = sorted(path.stem for path in profiles_folder().glob("*.toml"))
    if board not in known:
        raise UsageError(
            "board-unknown", f"there is no board {board!r}", f"choose one of: {', '.join(known)}"
        )
    return profiles_folder() / f"{board}.toml"


def bundled_model() -> Path:
    """Folder of the bundled vision-language model, picture cards."""
    return _first("models/cards", "models/cards")


def catalogue() -> Path:
    """The models that Mortar knows."""
    return _first("models/catalogue.toml", "models/catalogue.toml")


def constraints() -> Path:
    """Every package at the version that was tested; only a checkout has it."""
    return _CHECKOUT / "constraints.txt"


def session_folder() -> Path:
    """Folder of the recordings and pictures that `mortar run` plays where there is no device."""
    return _first("session", "board/session")


def data_folder() -> Path:
    """Where people install things: /var/lib/mortar for root's service, the XDG data folder elsewhere."""
    if os.geteuid() == 0 and "XDG_DATA_HOME" not in os.environ:
        return Path("/var/lib/mortar")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "mortar"


def cache_folder() -> Path:
    """Of what can be made again: /var/cache/mortar for root's service, the XDG cache folder elsewhere."""
    if os.geteuid() == 0 and "XDG_CACHE_HOME" not in os.environ:
        return Path("/var/cache/mortar")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mortar"


def runtime_folder() -> Path:
    """Folder for the status socket, closed to other users: under XDG_RUNTIME_DIR, else /tmp."""
    base = os.environ.get("MORTAR_RUNTIME_DIR")
    if base:
        folder = Path(base)
    elif xdg := os.environ.get("XDG_RUNTIME_DIR"):
        folder = Path(xdg) / "mortar"
    else:
        folder = Path("/tmp") / f"mortar-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = folder.lstat()
    except OSError as error:
        raise MortarError(
            "runtime-folder-failed",
            f"cannot make the folder {folder}: {error.strerror}",
            "set MORTAR_RUNTIME_DIR to a folder of your own",
        ) from None
    if not stat.S_ISDIR(held.st_mode) or held.st_uid != os.getuid() or held.st_mode & 0o077:
        raise MortarError(
            "runtime-folder-unsafe",
            f"{folder} is not a folder that is yours alone",
            "remove it, or set MORTAR_RUNTIME_DIR to a folder of your own",
        )
    return folder
