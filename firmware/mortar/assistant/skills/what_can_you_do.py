"""What people can ask, by example."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest

MOST_EXAMPLES = 4
"""More than a few nobody keeps in mind."""


def answer(request: SkillRequest) -> SkillAnswer:
    asked = ", ".join(request.examples[:MOST_EXAMPLES])
    return request.answer("assistant.help", examples=asked)
