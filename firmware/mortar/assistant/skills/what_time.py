"""What time it is, as people say it: "It is ten past nine in the morning."."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.clock import is_set


def answer(request: SkillRequest) -> SkillAnswer:
    if not is_set(request.now):
        return request.answer("assistant.clock_not_set")
    return request.answer("assistant.time", time=request.language.time(request.now))
