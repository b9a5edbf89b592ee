"""Photos: take one, say what was seen at some time, delete the last or all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf

from mortar.assistant.skills import what_time, words
from mortar.assistant.skills.skill import SkillAnswer, SkillRequest
from mortar.assistant.skills.told import counted
from mortar.clock import Moment
from mortar.photos import Photo, ago_s
from mortar.reminders import local_time

NONE = "I have no photo. Say, take a photo, and I keep what I see."
TAKEN = "I took a photo."
HOW_TO_DELETE = "To delete all photos, say, delete every single photo."
ALL_GONE = "All photos are deleted."
UNDESCRIBED = "I took a photo, but I could not say what is on it."

I_SEE = "I see "
"""How the bundled model begins, mostly; what it goes on with is as true of the past."""

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
        return SkillAnswer(NONE)
    when = request.slots["when"]
    if when not in DAYS:
        return SkillAnswer(_told(NEAREST[when](request.photos, request.moment), request.moment))
    if not words.is_set(request.now):
        return SkillAnswer(words.CLOCK_NOT_SET)
    name, is_meant = DAYS[when]
    found = [
        photo
        for photo in request.photos
        if (taken := _taken(photo, request.moment)) and is_meant(taken, request.now)
    ]
    if not found:
        last = ago(request.photos[-1], request.moment)
        return SkillAnswer(f"I took no photo {name}. I took the last one {last}.")
    return SkillAnswer(_told(found[-1], request.moment))


def delete_last(request: SkillRequest) -> SkillAnswer:
    if not request.photos:
        return SkillAnswer(NONE)
    last = request.photos[-1]
    text = f"I deleted the photo that I took {ago(last, request.moment)}."
    return SkillAnswer(text, forget=[last])


def delete_all(request: SkillRequest) -> SkillAnswer:
    """Only with the words that nobody says by the way, or is misheard to have said."""
    if not request.photos:
        return SkillAnswer(NONE)
    if "surely" not in request.slots:
        return SkillAnswer(HOW_TO_DELETE)
    return SkillAnswer(ALL_GONE, forget=request.photos)


def ago(photo: Photo, now: Moment) -> str:
    """For example "two hours ago", or "yesterday at ten past nine in the morning"."""
    seconds = ago_s(photo, now)
    if seconds is None:
        return "some time ago"
    minutes, hours = round(seconds / 60), round(seconds / HOUR_s)
    taken = _taken(photo, now)
    days = (local_time(now).date() - taken.date()).days if taken else 0
    if minutes < 1:
        return "just now"
    if minutes < FEW_MINUTES:
        return f"{counted(minutes, 'minute')} ago"
    if hours < FEW_HOURS or days == 0 or taken is None:
        return "an hour ago" if hours <= 1 else f"{counted(hours, 'hour')} ago"
    return f"yesterday at {what_time.phrase(taken)}" if days == 1 else f"{counted(days, 'day')} ago"


def _told(photo: Photo, now: Moment) -> str:
    when = ago(photo, now)
    told = photo.description or UNDESCRIBED
    if told.startswith(I_SEE):
        told = f"I saw {told.removeprefix(I_SEE)}"
    elif photo.description:
        told = f"{TAKEN} {told}"
    return f"{when[0].upper()}{when[1:]} {told}"


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

DAYS: Mapping[str, tuple[str, Callable[[datetime, datetime], bool]]] = {
    "morning": ("this morning", _is_this_morning),
    "today": ("today", _is_today),
    "yesterday": ("yesterday", _is_yesterday),
}
"""The sentences' {when} → its words, and which photos are meant: the last of them is told."""
