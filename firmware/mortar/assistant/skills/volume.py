"""Louder, quieter, or as loud as the person says. The voice turns the mixer and tells how loud it is then."""

from __future__ import annotations

from mortar.assistant.skills import words
from mortar.assistant.skills.skill import SkillAnswer, SkillRequest, Volume

STEP_percent = 10

NO_MIXER = "I cannot change the volume here."


def louder(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", Volume(STEP_percent, is_step=True))


def quieter(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", Volume(-STEP_percent, is_step=True))


def as_said(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", Volume(int(request.slots["percent"]), is_step=False))


def told(percent: int | None) -> str:
    """What to say once it is changed; None is where nothing could be."""
    return f"Volume {words.cardinal(percent)} percent." if percent is not None else NO_MIXER
