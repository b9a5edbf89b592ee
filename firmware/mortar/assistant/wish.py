"""What somebody wants to be told of once it is seen."""

from __future__ import annotations

import msgspec


class Wish(msgspec.Struct, frozen=True):
    named: str
    """What is watched for, in words: "a dog"."""
    question: str
    """That asks whether it is there."""
