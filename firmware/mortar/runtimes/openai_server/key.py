"""The key that a server may want: in a file of its own, which its owner alone may read."""

from __future__ import annotations

import stat
from pathlib import Path

from mortar.errors import MortarError


def authorisation(key_file: str) -> list[tuple[str, str]]:
    """The header, from a file that its owner alone may read. The key is in no message and no log."""
    if not key_file:
        return []
    path = Path(key_file).expanduser()
    try:
        mode = path.stat().st_mode
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise _bad_key(path, "cannot be read as a key") from None
    if stat.S_IMODE(mode) & 0o077:
        raise _bad_key(path, "may be read by others")
    if not key or any(not letter.isprintable() or letter.isspace() for letter in key):
        raise _bad_key(path, "is not one key on one line")
    return [("Authorization", f"Bearer {key}")]


def _bad_key(path: Path, why: str) -> MortarError:
    return MortarError(
        "server-key-unusable", f"{path} {why}", f"put the server's key alone into it, and chmod 600 {path}"
    )
