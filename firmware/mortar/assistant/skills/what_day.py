"""What day it is: "Today is Saturday, the twenty-first of November."."""

from __future__ import annotations

from mortar.assistant.skills import words
from mortar.assistant.skills.skill import SkillAnswer, SkillRequest


def answer(request: SkillRequest) -> SkillAnswer:
    if not words.is_set(request.now):
        return SkillAnswer(words.CLOCK_NOT_SET)
    return SkillAnswer(f"Today is {words.day(request.now)}.")
