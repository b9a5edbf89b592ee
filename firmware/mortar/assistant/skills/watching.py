"""To be told when something is seen: one thing at a time, and once."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.assistant.wish import Wish
from mortar.privacy import Device


def watch_for(request: SkillRequest) -> SkillAnswer:
    """It takes the place of what was watched for before."""
    if request.closed.has(Device.CAMERA):
        return request.answer("watching.camera_off")
    say, named = request.language.say, request.named
    before = request.wish.named if request.wish is not None else named
    text = say("watching.begun", what=named)
    if before != named:
        text = say("watching.begun_instead", what=named, before=before)
    return SkillAnswer(text, watch=Wish(named, request.question))


def end(request: SkillRequest) -> SkillAnswer:
    if request.wish is None:
        return request.answer("watching.none")
    text = request.language.say("watching.ended", what=request.wish.named)
    return SkillAnswer(text, ends_watch=True)
