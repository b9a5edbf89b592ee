"""What time it is, as people say it: "It is ten past nine in the morning."."""

from __future__ import annotations

from datetime import datetime

from mortar.assistant.skills import words
from mortar.assistant.skills.skill import SkillAnswer, SkillRequest

PARTS_OF_DAY = ((4, "at night"), (12, "in the morning"), (18, "in the afternoon"), (22, "in the evening"))
"""(hour before which, part of the day); the hours after the last are night again."""

ROUND_MINUTES = {5: "five", 10: "ten", 15: "a quarter", 20: "twenty", 25: "twenty-five", 30: "half"}
"""Minutes that are said without the word "minutes"."""


def answer(request: SkillRequest) -> SkillAnswer:
    if not words.is_set(request.now):
        return SkillAnswer(words.CLOCK_NOT_SET)
    return SkillAnswer(f"It is {phrase(request.now)}.")


def phrase(now: datetime) -> str:
    """The time to the minute, for example "ten past nine in the morning"."""
    if now.minute == 0 and now.hour in (0, 12):
        return "noon" if now.hour == 12 else "midnight"
    to_next = now.minute > 30
    hour = words.cardinal((now.hour + to_next - 1) % 12 + 1)
    part = next((part for before, part in PARTS_OF_DAY if now.hour < before), "at night")
    if now.minute == 0:
        return f"{hour} o'clock {part}"
    minutes = 60 - now.minute if to_next else now.minute
    return f"{_minutes(minutes)} {'to' if to_next else 'past'} {hour} {part}"


def _minutes(n: int) -> str:
    if n in ROUND_MINUTES:
        return ROUND_MINUTES[n]
    return f"{words.cardinal(n)} {'minute' if n == 1 else 'minutes'}"
