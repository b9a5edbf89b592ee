"""What was meant by a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    SKILL = "skill"
    """A skill answers it."""
    LOOK = "look"
    """A question about the picture: it goes to the language brick in the words it was asked."""
    REPLY = "reply"
    """What it asks depends on the question before."""


@dataclass(frozen=True)
class Intent:
    """What was meant, and the words that fill its slots: {"thing": "cat"}."""

    name: str
    kind: Kind
    slots: Mapping[str, str]
