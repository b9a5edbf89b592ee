"""What a skill is given and what it gives back. Skills are pure: the time is among what is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SkillRequest:
    intent: str
    """Name of the intent that was recognised."""
    slots: Mapping[str, str]
    """What the sentence named: {"thing": "cat"}."""
    now: datetime
    """Local time."""
    last_answer: str | None
    """What the assistant said last."""
    examples: Sequence[str]
    """One sentence for each thing that people can ask."""


@dataclass(frozen=True)
class Volume:
    """How loud to be: at `percent` of the mixer's scale, or that much more than now."""

    percent: int
    is_step: bool


@dataclass(frozen=True)
class SkillAnswer:
    text: str
    """What to say, as words: digits and signs are read badly. Empty says nothing."""
    volume: Volume | None = None
    """To be set; what is said then is how loud it became."""
