"""Nothing to say: whatever was going on ended when the person spoke, and what rings is to end now."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.reminders import Change


def answer(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", change=Change(remove=request.ringing) if request.ringing else None)
