"""What every message is."""

from __future__ import annotations

import msgspec

Scalar = str | int | float | bool | None


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of all messages; the class name is the tag on the wire."""
