"""How full the battery is, and why it is slow: the supervisor looks, the skill says it in words."""

from __future__ import annotations

from mortar.assistant.skills import words
from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.slowdowns import Battery, that_hold

ROUGHLY = (
    (95, "full"),
    (60, "more than half full"),
    (40, "about half full"),
    (20, "less than half full"),
    (10, "low"),
    (0, "almost empty"),
)
"""From so many percent on."""

NO_BATTERY = "I see no battery here. I run on mains."
NOTHING_SLOW = "Nothing slows me down that I know of."

MOST_REASONS = 2
"""The others are in the status."""


def battery(request: SkillRequest) -> SkillAnswer:
    if request.figures is None:
        return SkillAnswer("", examines=True)
    held = request.figures.battery
    return SkillAnswer(_level(held) if held is not None else NO_BATTERY)


def why_slow(request: SkillRequest) -> SkillAnswer:
    if request.figures is None:
        return SkillAnswer("", examines=True)
    reasons = [slowdown.spoken for slowdown in that_hold(request.figures)]
    return SkillAnswer(" ".join(reasons[:MOST_REASONS]) or NOTHING_SLOW)


def _level(held: Battery) -> str:
    roughly = next(text for least, text in ROUGHLY if held.percent >= least)
    charging = ", and it is charging" if held.charging and held.percent < 100 else ""
    return f"The battery is {roughly}, at {words.cardinal(held.percent)} percent{charging}."
