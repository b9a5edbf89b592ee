"""The conversation, and what a low battery holds back."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mortar import languages
from mortar.settings.section import Section


class Assistant(Section, frozen=True):
    language: str = languages.REFERENCE
    """What people and Mortar speak: "en" or "de". The voice, the ears and `listen.language` follow, unless
    you set them; [languages.md](languages.md) tells what is understood in which."""
    early_looking: bool = True
    """Take and encode a picture at the wake word already, while the person speaks."""
    turn_deadline_ms: Annotated[int, Meta(ge=2_000, le=600_000)] = 60_000
    """A turn that takes longer is given up with a spoken sentence."""
    earlier_turns: Annotated[int, Meta(ge=0, le=16)] = 1
    """How many earlier turns the language model is reminded of."""
    follow_up_ms: Annotated[int, Meta(ge=0, le=30_000)] = 4_000
    """How long a further question needs no wake word after an answer; 0: it always needs one."""
    snooze_min: Annotated[int, Meta(ge=1, le=60)] = 9
    """Minutes after which what was snoozed rings again."""
    ring_limit_s: Annotated[int, Meta(ge=10, le=3_600)] = 600
    """A timer or an alarm that nobody stops falls silent after this long."""
    ring_volume_percent: Annotated[int, Meta(ge=1, le=100)] = 40
    """The volume is turned up to this before a timer or an alarm rings, where it is lower."""


class PowerLimits(Section, frozen=True):
    high_percent: Annotated[int, Meta(ge=1, le=100)] = 50
    """Battery level above which nothing is held back. The paper gives no figure: this one is a judgement."""
    low_percent: Annotated[int, Meta(ge=0, le=99)] = 15
    """Battery level at and below which only what somebody asks for is done. A judgement too."""
    overlap_percent: Annotated[int, Meta(ge=0, le=20)] = 3
    """By how much the level must rise above a limit before more is allowed again."""
    look_every_s: Annotated[int, Meta(ge=1, le=3_600)] = 30
    """How often the battery is looked at."""
