"""Mute, and the camera off and on. Unmuting is not among them: nobody is heard then."""

from __future__ import annotations

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.messages import Switch
from mortar.privacy import Device


def mute(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", switch=Switch(Device.MICROPHONE, is_on=False))


def camera_off(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", switch=Switch(Device.CAMERA, is_on=False))


def camera_on(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", switch=Switch(Device.CAMERA, is_on=True))
