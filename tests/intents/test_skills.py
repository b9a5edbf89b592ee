"""Skills as pure functions: what they say, for every time and in every failure."""

import re
from datetime import datetime, timedelta

import pytest

from mortar import languages
from mortar.assistant.skills import SkillAnswer, SkillRequest, answer_with_skill
from mortar.clock import Moment

SATURDAY = datetime(2026, 11, 21)

MINUTES = r"(a quarter|half|(one minute|[a-z-]+ minutes)|five|ten|twenty|twenty-five)"
HOURS = r"(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
TIME = re.compile(
    rf"It is (midnight|noon|({HOURS} o'clock|{MINUTES} (past|to) {HOURS})"
    r" (at night|in the (morning|afternoon|evening)))\."
)


def at(local: datetime) -> Moment:
    return Moment(local.timestamp(), 0.0, "boot")


def ask(intent: str, now: datetime = SATURDAY, last_answer: str | None = None) -> str:
    return answer_with_skill(SkillRequest(intent, {}, at(now), last_answer, ["what do you see"])).text


def test_all_times_of_a_day_are_well_formed_and_different() -> None:
    """1,440 sentences of words alone, and nobody can mistake one minute for another."""
    said = [ask("Time", SATURDAY + timedelta(minutes=minute)) for minute in range(1_440)]
    assert [text for text in said if not TIME.fullmatch(text)] == []
    assert len(set(said)) == 1_440


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (0, 0, "It is midnight."),
        (0, 1, "It is one minute past twelve at night."),
        (9, 0, "It is nine o'clock in the morning."),
        (9, 10, "It is ten past nine in the morning."),
        (11, 58, "It is two minutes to twelve in the morning."),
        (12, 0, "It is noon."),
        (12, 45, "It is a quarter to one in the afternoon."),
        (18, 30, "It is half past six in the evening."),
        (23, 37, "It is twenty-three minutes to twelve at night."),
    ],
)
def test_time_as_people_say_it(hour: int, minute: int, said: str) -> None:
    """The edges of the hour and of the day."""
    assert ask("Time", SATURDAY.replace(hour=hour, minute=minute)) == said


def test_every_day_of_a_leap_year() -> None:
    """Weekday, ordinal and month in words, each day a sentence of its own."""
    said = [ask("Date", datetime(2028, 1, 1) + timedelta(days=day)) for day in range(366)]
    assert said[0] == "Today is Saturday, the first of January."
    assert said[59] == "Today is Tuesday, the twenty-ninth of February."
    assert said[365] == "Today is Sunday, the thirty-first of December."
    assert len(set(said)) == 366
    assert not any(character.isdigit() for text in said for character in text)


@pytest.mark.parametrize("intent", ["Time", "Date"])
def test_a_clock_that_was_never_set_is_not_believed(intent: str) -> None:
    """A board without a battery behind its clock wakes up in 1970, and says that it does not know."""
    assert ask(intent, datetime(1970, 1, 1, 0, 4)) == languages.of().say("assistant.clock_not_set")


def test_repeat_says_the_last_answer_again() -> None:
    """Word for word; before the first answer it says so."""
    assert ask("Repeat", last_answer="There are two cats.") == "There are two cats."
    assert ask("Repeat") == "I have not said anything yet."


def test_stop_says_nothing() -> None:
    """Who asks for silence gets it."""
    assert ask("Stop") == ""


def test_help_gives_examples() -> None:
    """What people can say, from the templates themselves."""
    assert "what do you see" in ask("Help")


def test_an_exploding_skill_is_heard_and_logged_and_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """Its defect becomes one spoken sentence; the next skill answers as if nothing had been."""

    def explode(request: SkillRequest) -> SkillAnswer:
        raise ZeroDivisionError(request.intent)

    request = SkillRequest("Boom", {}, at(SATURDAY), None, [])
    assert answer_with_skill(request, {"Boom": explode}).text == "Sorry, I could not do that."
    assert "the skill Boom failed" in caplog.text
    assert ask("Time") == "It is midnight."
