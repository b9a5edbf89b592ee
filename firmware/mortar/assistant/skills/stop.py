"""Nothing to say: whatever was going on ended when the person spoke."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest


def answer(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("")
