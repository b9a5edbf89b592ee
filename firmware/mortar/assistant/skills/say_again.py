"""Says the last answer again."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest


def answer(request: SkillRequest) -> SkillAnswer:
    if request.last_answer:
        return SkillAnswer(request.last_answer)
    return request.answer("assistant.nothing_said")
