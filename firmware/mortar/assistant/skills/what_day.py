"""What day it is: "Today is Saturday, the twenty-first of November."."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.clock import is_set


def answer(request: SkillRequest) -> SkillAnswer:
    if not is_set(request.now):
        return request.answer("assistant.clock_not_set")
    return request.answer("assistant.day", day=request.language.day(request.now))
