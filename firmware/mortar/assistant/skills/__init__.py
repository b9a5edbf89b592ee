"""Skills: what the assistant answers by itself, with no model. Intent name → skill, in one table.

To add one: a file here with a function `(SkillRequest) -> SkillAnswer`, a row in SKILLS, and in each
language its sentences and its answers (mortar/languages/).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from mortar.assistant.skills import (
    alarms,
    board,
    no_thanks,
    notes,
    photos,
    privacy,
    say_again,
    snooze,
    stop,
    timers,
    volume,
    watching,
    what_can_you_do,
    what_day,
    what_time,
    who_are_you,
)
from mortar.assistant.skills.skill import SkillAnswer, SkillRequest

__all__ = ["SKILLS", "Skill", "SkillAnswer", "SkillRequest", "answer_with_skill"]

log = logging.getLogger(__name__)

Skill = Callable[[SkillRequest], SkillAnswer]

SKILLS: Mapping[str, Skill] = {
    "Time": what_time.answer,
    "Date": what_day.answer,
    "Help": what_can_you_do.answer,
    "Repeat": say_again.answer,
    "Stop": stop.answer,
    "NoThanks": no_thanks.answer,
    "VolumeUp": volume.louder,
    "VolumeDown": volume.quieter,
    "VolumeSet": volume.as_said,
    "WhoAreYou": who_are_you.answer,
    "TimerSet": timers.put,
    "TimerLeft": timers.left,
    "TimerList": timers.left,
    "TimerCancel": timers.cancel,
    "TimerCancelAll": timers.cancel_all,
    "AlarmSet": alarms.put,
    "AlarmIn": alarms.put_in,
    "AlarmList": alarms.tell,
    "AlarmCancel": alarms.cancel,
    "AlarmCancelAll": alarms.cancel_all,
    "Snooze": snooze.answer,
    "Battery": board.battery,
    "WhySlow": board.why_slow,
    "Mute": privacy.mute,
    "CameraOff": privacy.camera_off,
    "CameraOn": privacy.camera_on,
    "PhotoTake": photos.take,
    "PhotoSeen": photos.seen,
    "PhotoDeleteLast": photos.delete_last,
    "PhotoDeleteAll": photos.delete_all,
    "WatchFor": watching.watch_for,
    "WatchEnd": watching.end,
    "NoteTake": notes.take,
    "NoteTell": notes.tell,
    "NoteOlder": notes.tell_older,
    "NoteForget": notes.forget,
    "NoteForgetLast": notes.forget_last,
    "NoteForgetAll": notes.forget_all,
}


def answer_with_skill(request: SkillRequest, skills: Mapping[str, Skill] = SKILLS) -> SkillAnswer:
    """The answer of the intent's skill; a skill that fails is heard and logged, and harms nothing."""
    try:
        return skills[request.intent](request)
    except Exception:  # whatever a skill may raise ends here: its defect is not the conversation's
        log.exception("the skill %s failed", request.intent)
        return request.answer("assistant.failed")
