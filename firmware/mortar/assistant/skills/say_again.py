"""Says the last answer again."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest


def answer(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer(request.last_answer or "I have not said anything yet.")
