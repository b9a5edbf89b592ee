"""Louder, quieter, or as loud as the person says. The voice turns the mixer and tells how loud it is then."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest, Volume
from mortar.languages import Language

STEP_percent = 10


def louder(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", Volume(STEP_percent, is_step=True))


def quieter(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", Volume(-STEP_percent, is_step=True))


def as_said(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", Volume(int(request.slots["percent"]), is_step=False))


def told(percent: int | None, language: Language) -> str:
    """What to say once it is changed; None is where nothing could be."""
    if percent is None:
        return language.say("volume.no_mixer")
    return language.say("volume.told", percent=language.cardinal(percent))
