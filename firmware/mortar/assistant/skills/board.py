"""How full the battery is, and why it is slow: the supervisor looks, the skill says it in words."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.languages import Language
from mortar.slowdowns import Battery, that_hold

ROUGHLY = (
    (95, "full"),
    (60, "over_half"),
    (40, "half"),
    (20, "under_half"),
    (10, "low"),
    (0, "empty"),
)
"""From so many percent on, the name of the level."""

MOST_REASONS = 2
"""The others are in the status."""


def battery(request: SkillRequest) -> SkillAnswer:
    if request.figures is None:
        return SkillAnswer("", examines=True)
    held = request.figures.battery
    return SkillAnswer(_told(held, request.language)) if held is not None else request.answer("battery.none")


def why_slow(request: SkillRequest) -> SkillAnswer:
    if request.figures is None:
        return SkillAnswer("", examines=True)
    reasons = [request.language.say(f"slowdowns.{held.name}") for held in that_hold(request.figures)]
    return SkillAnswer(" ".join(reasons[:MOST_REASONS])) if reasons else request.answer("slow.nothing")


def _told(held: Battery, language: Language) -> str:
    name = next(name for least, name in ROUGHLY if held.percent >= least)
    level, percent = language.say(f"levels.{name}"), language.cardinal(held.percent)
    if held.charging and held.percent < 100:
        return language.say("battery.charging", level=level, percent=percent)
    return language.say("battery.told", level=level, percent=percent)
