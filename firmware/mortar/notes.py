"""A note: what somebody wanted remembered, in their own words or in their own voice."""

from __future__ import annotations

import msgspec

MOST = 100
"""Of notes together. In the longest recordings that are some 25 MB."""


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of `text` and `file` says what."""

    kept_s: float
    """Unix time at which it was made."""
    text: str = ""
    """As it was dictated."""
    file: str = ""
    """Name of a recording in the notes' folder."""
    number: int = 0
    """By which the store knows it; 0 is one that is not stored yet."""
