"""Nothing more is wanted: it ends in silence. What rings goes on, since anybody may say "no"."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest


def answer(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("")
