"""What rings is silent for a while, and rings again."""

from __future__ import annotations

from dataclasses import replace

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.reminders import Change, countdown


def answer(request: SkillRequest) -> SkillAnswer:
    if not request.ringing:
        return request.answer("alarms.nothing_rings")
    seconds = int(request.slots.get("minutes", request.snooze_min)) * 60
    again = [replace(held, when=countdown(seconds, request.moment), number=0) for held in request.ringing]
    text = request.language.say("alarms.snoozed", duration=request.language.duration(seconds))
    return SkillAnswer(text, change=Change(remove=request.ringing, add=again))
