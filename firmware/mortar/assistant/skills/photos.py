"""Photos: take one, say what was seen at some time, delete the last or all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf

from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.assistant.skills.told import sentence
from mortar.clock import Moment, is_set
from mortar.photos import Photo, ago_s
from mortar.reminders import local_time

NOON_h = 12
HOUR_s = 3_600.0
FEW_MINUTES = 50
"""From here on it is an hour."""
FEW_HOURS = 12
"""What is longer ago has a day, where it is another one."""


def take(request: SkillRequest) -> SkillAnswer:
    return SkillAnswer("", takes_photo=True)


def seen(request: SkillRequest) -> SkillAnswer:
    """What is on the photo that was meant, and when that was."""
    if not request.photos:
        return request.answer("photos.none")
    when = request.slots["when"]
    if when not in DAYS:
        return SkillAnswer(_told(NEAREST[when](request.photos, request.moment), request))
    if not is_set(request.now):
        return request.answer("assistant.clock_not_set")
    found = [
        photo
        for photo in request.photos
        if (taken := _taken(photo, request.moment)) and DAYS[when](taken, request.now)
    ]
    if found:
        return SkillAnswer(_told(found[-1], request))
    last = ago(request.photos[-1], request)
    match when:
        case "morning":
            return request.answer("photos.none_this_morning", when=last)
        case "today":
            return request.answer("photos.none_today", when=last)
        case _:
            return request.answer("photos.none_yesterday", when=last)


def delete_last(request: SkillRequest) -> SkillAnswer:
    if not request.photos:
        return request.answer("photos.none")
    last = request.photos[-1]
    return SkillAnswer(request.language.say("photos.deleted", when=ago(last, request)), forget=[last])


def delete_all(request: SkillRequest) -> SkillAnswer:
    """Only with the words that nobody says by the way, or is misheard to have said."""
    if not request.photos:
        return request.answer("photos.none")
    if "surely" not in request.slots:
        return request.answer("photos.how_to_delete")
    return SkillAnswer(request.language.say("photos.all_gone"), forget=request.photos)


def ago(photo: Photo, request: SkillRequest) -> str:
    """For example "two hours ago", or "yesterday at ten past nine in the morning"."""
    language, now = request.language, request.moment
    seconds = ago_s(photo, now)
    if seconds is None:
        return language.say("photos.some_time_ago")
    minutes, hours = round(seconds / 60), round(seconds / HOUR_s)
    taken = _taken(photo, now)
    days = (local_time(now).date() - taken.date()).days if taken else 0
    if minutes < 1:
        return language.say("photos.just_now")
    if minutes < FEW_MINUTES:
        return language.say("photos.ago", duration=language.counted(minutes, "minute"))
    if hours <= 1:
        return language.say("photos.an_hour_ago")
    if hours < FEW_HOURS or days == 0 or taken is None:
        return language.say("photos.ago", duration=language.counted(hours, "hour"))
    if days == 1:
        return language.say("photos.yesterday", time=language.time(taken))
    return language.say("photos.ago", duration=language.counted(days, "day"))


def _told(photo: Photo, request: SkillRequest) -> str:
    """What the model sees now is told as it was: "I see a cat" as "I saw a cat"."""
    say = request.language.say
    when, told = sentence(ago(photo, request)), photo.description
    now = say("photos.i_see", what="")
    if not told:
        return say("photos.undescribed", when=when)
    if told.startswith(now):
        return say("photos.i_saw", when=when, what=told.removeprefix(now))
    return say("photos.described", when=when, description=told)


def _taken(photo: Photo, now: Moment) -> datetime | None:
    """What the wall clock shows of that time, if it was set meanwhile; None where nobody knows."""
    seconds = ago_s(photo, now)
    return None if seconds is None else local_time(Moment(now.wall_s - seconds, 0.0, now.boot))


def _an_hour_ago(photos: Sequence[Photo], now: Moment) -> Photo:
    def off_s(photo: Photo) -> float:
        seconds = ago_s(photo, now)
        return inf if seconds is None else abs(seconds - HOUR_s)

    return min(photos, key=off_s)


def _last(photos: Sequence[Photo], now: Moment) -> Photo:
    return photos[-1]


def _is_this_morning(taken: datetime, now: datetime) -> bool:
    return _is_today(taken, now) and taken.hour < NOON_h


def _is_today(taken: datetime, now: datetime) -> bool:
    return taken.date() == now.date()


def _is_yesterday(taken: datetime, now: datetime) -> bool:
    return taken.date() == now.date() - timedelta(days=1)


NEAREST: Mapping[str, Callable[[Sequence[Photo], Moment], Photo]] = {"hour": _an_hour_ago, "last": _last}
"""The sentences' {when} → the photo that is meant, whenever it was taken."""

DAYS: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "morning": _is_this_morning,
    "today": _is_today,
    "yesterday": _is_yesterday,
}
"""The sentences' {when} → which photos are meant: the last of them is told."""
