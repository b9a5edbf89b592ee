"""German as people type it and hear it: the skills are the same, the words are data."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mortar import languages
from mortar.assistant.intents import Understanding
from mortar.assistant.skills import SKILLS, SkillRequest, answer_with_skill
from mortar.clock import Moment
from mortar.photos import Photo
from mortar.reminders import AtClock, Kind, Reminder, countdown

GERMAN = languages.of("de")
UNDERSTANDING = Understanding(GERMAN)
SATURDAY = datetime(2026, 11, 21, 9, 10)


def at(local: datetime) -> Moment:
    return Moment(local.timestamp(), local.timestamp(), "boot")


NOW = at(SATURDAY)


def ask(text: str, **request: object) -> str:
    intent = UNDERSTANDING.understand(text)
    assert intent is not None, text
    asked = SkillRequest(intent.name, intent.slots, NOW, None, ["was siehst du"], language=GERMAN, **request)  # type: ignore[arg-type]
    return answer_with_skill(asked).text


def timer(name: str, seconds: float) -> Reminder:
    return Reminder(Kind.TIMER, name, countdown(seconds, NOW), 1)


def alarm(local: datetime) -> Reminder:
    return Reminder(Kind.ALARM, "", AtClock(local), 2)


def test_every_sentence_of_the_templates_is_understood_as_itself() -> None:
    """No template shadows another."""
    sentences = list(UNDERSTANDING.sentences(entries=2))
    assert len(sentences) > 300
    understood = [
        (intent.name if (intent := UNDERSTANDING.understand(text)) else None, text) for _, text in sentences
    ]
    assert understood == sentences


def test_every_skill_can_be_asked_for() -> None:
    assert {name for name, _ in UNDERSTANDING.sentences(entries=1)} >= set(SKILLS)


@pytest.mark.parametrize(
    ("text", "name", "slots"),
    [
        ("Wie spät ist es?", "Time", {}),
        ("wie spaet ist es", "Time", {}),
        ("Weck mich um halb sieben!", "AlarmSet", {"hour": "7", "minute": "-30"}),
        ("Wecke mich um fünf vor halb acht", "AlarmSet", {"hour": "8", "minute": "-35"}),
        ("weck mich morgen früh um sieben", "AlarmSet", {"hour": "7", "part": "tomorrow morning"}),
        ("Stelle einen Wecker auf 7:30 Uhr", "AlarmSet", {"hour": "7", "minute": "30"}),
        ("weck mich um achtzehn Uhr dreißig", "AlarmSet", {"hour": "18", "minute": "30"}),
        ("weck mich um ein Uhr nachts", "AlarmSet", {"hour": "1", "part": "night"}),
        ("weck mich in einer Viertelstunde", "AlarmIn", {"span": "900"}),
        ("Stell einen Timer auf fuenf Minuten", "TimerSet", {"minutes": "5"}),
        ("stell einen Timer auf 10 Minuten", "TimerSet", {"minutes": "10"}),
        ("Stell einen Nudel-Timer auf zehn Minuten", "TimerSet", {"name": "Nudel", "minutes": "10"}),
        ("starte einen Nudeltimer auf eine halbe Stunde", "TimerSet", {"name": "Nudel", "span": "1800"}),
        ("wie lange läuft der Zehn-Minuten-Timer noch?", "TimerLeft", {"minutes": "10"}),
        ("Merk dir, dass die Milch neue Freunde hat", "NoteTake", {"note": "die Milch neue Freunde hat"}),
        ("Stop!", "Stop", {}),
        ("Mache die Augen zu.", "CameraOff", {}),
    ],
)
def test_meaning_and_slots(text: str, name: str, slots: dict[str, str]) -> None:
    """With umlauts or without, joined or parted, in words or in digits; a note stays as it was typed."""
    intent = UNDERSTANDING.understand(text)
    assert intent is not None
    assert (intent.name, dict(intent.slots)) == (name, slots)


@pytest.mark.parametrize("text", ["", "wie spät", "what time is it", "stopp den hund", "weck mich"])
def test_anything_else_is_not_understood(text: str) -> None:
    assert UNDERSTANDING.understand(text) is None


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (0, 0, "Es ist Mitternacht."),
        (1, 0, "Es ist ein Uhr nachts."),
        (9, 10, "Es ist zehn nach neun vormittags."),
        (12, 0, "Es ist zwölf Uhr mittags."),
        (12, 45, "Es ist Viertel vor eins mittags."),
        (18, 25, "Es ist fünf vor halb sieben abends."),
        (18, 30, "Es ist halb sieben abends."),
        (23, 37, "Es ist dreiundzwanzig Minuten vor zwölf nachts."),
    ],
)
def test_time_as_people_say_it(hour: int, minute: int, said: str) -> None:
    moment = at(SATURDAY.replace(hour=hour, minute=minute))
    assert answer_with_skill(SkillRequest("Time", {}, moment, None, [], language=GERMAN)).text == said


def test_day_and_who() -> None:
    assert ask("welcher Tag ist heute") == "Heute ist Samstag, der einundzwanzigste November."
    assert ask("wer bist du").startswith("Ich bin Mortar.")


def test_timers() -> None:
    """Singular and plural, cases, names."""
    assert ask("stell einen Timer auf eine Minute") == "Ein Timer läuft, auf eine Minute."
    assert ask("stell einen Nudeltimer auf zehn Minuten") == "Der Nudel-Timer läuft, auf zehn Minuten."
    both = [timer("Nudel", 60), timer("", 600)]
    assert ask("wie lange noch", reminders=both) == (
        "Der Nudel-Timer läuft noch eine Minute und der zehn-Minuten-Timer läuft noch zehn Minuten."
    )
    assert ask("lösche den Timer", reminders=both).startswith(
        "Es gibt den Nudel-Timer und den zehn-Minuten-Timer."
    )
    assert ask("lösche alle Timer", reminders=both[:1]) == "Ich habe einen Timer gelöscht."
    assert ask("lösche alle Timer", reminders=both) == "Ich habe zwei Timer gelöscht."


def test_alarms() -> None:
    assert ask("weck mich um halb sieben") == "Der Wecker klingelt um halb sieben abends."
    assert ask("weck mich morgen um sieben") == "Der Wecker klingelt morgen um sieben Uhr morgens."
    assert ask("weck mich in einer Stunde") == "Ich wecke dich in einer Stunde."
    there = [alarm(datetime(2026, 11, 21, 13, 0)), alarm(datetime(2026, 11, 22, 7, 0))]
    assert ask("welche Wecker habe ich", reminders=there) == (
        "Zwei Wecker sind gestellt, sie klingeln um ein Uhr mittags und morgen um sieben Uhr morgens."
    )
    assert ask("lösche den Wecker um ein Uhr mittags", reminders=there) == (
        "Der Wecker um ein Uhr mittags ist gelöscht."
    )


def test_photos_are_told_of_as_they_were() -> None:
    """An answer of a model that speaks German: the tense is the past's."""
    photo = Photo("x.jpg", at(SATURDAY - timedelta(hours=2)), "Ich sehe eine Katze.")
    assert ask("was hast du zuletzt gesehen", photos=[photo]) == "Vor zwei Stunden sah ich eine Katze."
    yesterday = Photo("x.jpg", at(SATURDAY - timedelta(days=1)), "")
    assert ask("was hast du heute gesehen", photos=[yesterday]) == (
        "Heute habe ich kein Foto gemacht. Das letzte habe ich gestern um zehn nach neun vormittags gemacht."
    )
