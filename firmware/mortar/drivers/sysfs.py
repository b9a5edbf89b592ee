"""The kernel's small files: what cannot be read, or is no number, is None."""

from __future__ import annotations

from pathlib import Path


def text(path: Path) -> str | None:
    """A file may be there and refuse to be read: a sensor that is switched off, a driver that failed."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def number(path: Path) -> int | None:
    held = text(path)
    try:
        return int(held) if held is not None else None
    except ValueError:
        return None
