"""The assistant introduces itself."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest


def answer(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("I am Mortar. I see, hear and speak, and everything stays on this device.")
