"""What rings is silent for a while, and rings again."""

from __future__ import annotations

from dataclasses import replace

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.assistant.skills.told import duration
from mortar.reminders import Change, countdown

NOTHING_RINGS = "Nothing rings."


def answer(request: SkillRequest) -> SkillAnswer:
    if not request.ringing:
        return SkillAnswer(NOTHING_RINGS)
    seconds = int(request.slots.get("minutes", request.snooze_min)) * 60
    again = [replace(held, when=countdown(seconds, request.moment), number=0) for held in request.ringing]
    return SkillAnswer(f"Again in {duration(seconds)}.", change=Change(remove=request.ringing, add=again))
