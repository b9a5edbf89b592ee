"""What goes on from the question before, or corrects it: about the picture, and to skills."""

from __future__ import annotations

from datetime import datetime

import pytest

from mortar.assistant import troubles
from mortar.assistant.conversation import Conversation
from mortar.assistant.replies import MAY_BE_REPLIED_TO, REPLIES, SHORTLY_ms
from mortar.assistant.stages import Press
from mortar.assistant.turn import Dropped
from mortar.messages import Ask, Chime, Heard, Listen, Rest, Sentence
from mortar.reminders import AtClock, Countdown
from reminders.boards import Board
from talks import ENGLISH, UNDERSTANDING, ListPort, answer, ask_aloud, speak_all


def asked(port: ListPort) -> list[str]:
    """Questions that went to the language model."""
    return [ask.question for ask in port.to("language", Ask) if isinstance(ask, Ask)]


def told(talk: Conversation, port: ListPort, text: str, now_ms: float = 1_000.0) -> None:
    """Typed, and answered about the picture where it is asked."""
    talk.typed(text, now_ms)
    if talk.turn is not None and talk.turn.asked:
        talk.sentence(Sentence(talk.turn.number, 0, "I see a cat.", now_ms), now_ms)
        talk.answered(answer(talk.turn.number, "I see a cat."), now_ms)
    speak_all(talk, port)


# --- about the picture ---


@pytest.mark.parametrize(
    ("first", "reply", "question"),
    [
        ("what is on the left", "and on the right", "what is on the right"),
        ("what is on the left", "No, in the middle!", "what is in the middle"),
        ("what do you see", "and on the right", "what is on the right"),
        ("where is the cat", "and the dog", "where is the dog"),
        ("where is the red circle", "and the dog", "where is the dog"),
        ("where is the cat", "and the red circle", "where is the red circle"),
        ("is there a cat", "and the dog", "is there a dog"),
        ("how many cats are there", "and the dogs", "how many dogs are there"),
        ("how many cats are there", "no, the red squares", "how many red squares are there"),
        ("what colour is the circle", "and the square", "what colour is the square"),
        ("where is the cat", "no, the dog", "where is the dog"),
        ("where is the cat", "I meant the dog.", "where is the dog"),
        ("what is on the left", "and the dog", "where is the dog"),
        ("are there more cats than dogs", "and the cups", "where is the cup"),
        ("where is the cat", "and on the left", "what is on the left"),
    ],
)
def test_the_question_before_is_asked_of_something_else(
    talk: Conversation, port: ListPort, first: str, reply: str, question: str
) -> None:
    """In the words of the templates, which are those that the bundled model knows."""
    told(talk, port, first)
    told(talk, port, reply)
    assert asked(port) == [first, question]
    meant = UNDERSTANDING.understand(question)
    assert meant is not None
    assert (port.ended[-1].heard, port.ended[-1].intent) == (question, meant.name)


def test_replies_follow_on_each_other(talk: Conversation, port: ListPort) -> None:
    for text in ("how many cats are there", "and the dogs", "and the birds"):
        told(talk, port, text)
    assert asked(port)[-1] == "how many birds are there"


def test_a_press_can_be_gone_on_from(talk: Conversation, port: ListPort) -> None:
    """It asked what is seen."""
    talk.pressed(Press.SHORT, 0.0)
    talk.answered(answer(1, "I see a cat."), 1_000.0)
    told(talk, port, "and on the right")
    assert asked(port)[-1] == "what is on the right"


def test_a_question_that_was_interrupted_can_be_corrected(talk: Conversation, port: ListPort) -> None:
    """ "Where is the cat" - "okay nabu, no, the dog", before there is an answer."""
    ask_aloud(talk, "where is the cat")
    ask_aloud(talk, "no the dog")
    assert asked(port) == ["where is the cat", "where is the dog"]


@pytest.mark.parametrize("first", [None, "what time is it", "tell me a story", "stop", "what alarms are set"])
def test_where_nothing_can_be_gone_on_from_a_whole_question_is_asked_for(
    talk: Conversation, port: ListPort, first: str | None
) -> None:
    if first:
        told(talk, port, first)
    before = asked(port)
    told(talk, port, "and the dog")
    assert asked(port) == before
    assert port.said[-1] == troubles.NOTHING_BEFORE.spoken(ENGLISH)
    assert port.ended[-1].trouble is troubles.NOTHING_BEFORE


def test_what_was_not_understood_changes_nothing(talk: Conversation, port: ListPort) -> None:
    told(talk, port, "where is the cat")
    ask_aloud(talk, None)
    speak_all(talk, port)
    told(talk, port, "and the dog")
    assert asked(port)[-1] == "where is the dog"


@pytest.mark.parametrize(("later_ms", "fits"), [(0.0, True), (1.0, False)])
def test_only_what_was_asked_shortly_before_is_gone_on_from(
    talk: Conversation, port: ListPort, later_ms: float, fits: bool
) -> None:
    """Counted from the end of the turn before to the beginning of the reply."""
    told(talk, port, "where is the cat", 1_000.0)
    ended_ms = port.ended[-1].ended_ms
    assert ended_ms is not None
    told(talk, port, "and the dog", ended_ms + SHORTLY_ms + later_ms)
    assert (asked(port)[-1] == "where is the dog") is fits


def test_a_remark_that_sounds_like_a_reply_and_fits_nothing_is_ignored(
    talk: Conversation, port: ListPort
) -> None:
    """With no wake word, after an answer that it can't be about: nothing is heard of it."""
    ask_aloud(talk, "what time is it")
    speak_all(talk, port)
    said = len(port.said)
    talk.speech_began(3_000.0)
    talk.speech_ended(2, 4_000.0)
    talk.heard(Heard(2, "and the dog", 0.9, 4_100.0), 4_100.0)
    assert len(port.said) == said
    assert port.ended[-1].dropped is Dropped.NOT_UNDERSTOOD


def test_every_reply_fits_the_questions_that_it_names() -> None:
    """The table names intents that there are, and each of its replies has sentences."""
    intents = {name for name, _ in UNDERSTANDING.sentences(entries=1)}
    assert intents >= REPLIES.keys() | MAY_BE_REPLIED_TO
    assert intents >= {reply.otherwise for reply in REPLIES.values() if reply.otherwise}


# --- to skills ---


def lengths_s(board: Board) -> list[tuple[str, float]]:
    """Name and length of the timers in the store."""
    return [(held.name, held.when.length_s) for held in board.stored if isinstance(held.when, Countdown)]


def test_another_timer(board: Board) -> None:
    """As well as the first."""
    board.ask("set a pasta timer for five minutes")
    assert board.ask("and one for ten minutes") == "A timer is set for ten minutes."
    assert lengths_s(board) == [("pasta", 300), ("", 600)]


def test_the_same_of_another_timer(board: Board) -> None:
    for text in ("set a pasta timer for ten minutes", "set an egg timer for six minutes"):
        board.ask(text)
    board.ask("how long is left on the pasta timer")
    assert board.ask("and the egg timer") == "The egg timer has six minutes left."
    assert board.ask("no the pasta timer") == "The pasta timer has ten minutes left."


@pytest.mark.parametrize(
    ("first", "reply", "answer", "left"),
    [
        ("set a timer for five minutes", "no ten minutes", "A timer is set for ten minutes.", ("", 600)),
        (
            "set a pasta timer for five minutes",
            "i meant an hour and a half",
            "The pasta timer is set for one hour and thirty minutes.",
            ("pasta", 5_400),
        ),
        ("wake me in twenty minutes", "no thirty minutes", "I wake you in thirty minutes.", ("", 1_800)),
    ],
)
def test_a_length_is_corrected(
    board: Board, first: str, reply: str, answer: str, left: tuple[str, float]
) -> None:
    """What was set first is gone, and the name stays."""
    board.ask(first)
    assert board.ask(reply) == f"I changed it. {answer}"
    assert lengths_s(board) == [left]


def test_a_correction_is_corrected(board: Board) -> None:
    for text in ("set a timer for five minutes", "no ten minutes", "no fifteen minutes"):
        board.ask(text)
    assert lengths_s(board) == [("", 900)]


def test_a_timer_of_that_name_that_was_there_is_not_brought_back(board: Board) -> None:
    """There is one of each name."""
    for text in (
        "set a pasta timer for twelve minutes",
        "set a pasta timer for five minutes",
        "no ten minutes",
    ):
        board.ask(text)
    assert lengths_s(board) == [("pasta", 600)]


def test_the_wrong_timer_comes_back_with_the_time_it_had_left(board: Board) -> None:
    """Cancelled by mistake; a minute later it is where it would have been."""
    for text in ("set a pasta timer for ten minutes", "set an egg timer for six minutes"):
        board.ask(text)
    board.ask("cancel the pasta timer")
    board.passes(60)
    assert board.ask("no the egg timer") == "I changed it. The egg timer is cancelled."
    assert lengths_s(board) == [("pasta", 600)]
    assert board.ask("how long is left") == "The pasta timer has nine minutes left."


def test_the_other_timer_as_well(board: Board) -> None:
    """ "And" undoes nothing."""
    for text in ("set a pasta timer for ten minutes", "set an egg timer for six minutes"):
        board.ask(text)
    board.ask("cancel the pasta timer")
    assert board.ask("and the egg timer") == "The egg timer is cancelled."
    assert board.stored == []


@pytest.mark.parametrize(
    ("first", "reply", "at"),
    [
        ("wake me at seven in the evening", "no half past seven", datetime(2026, 11, 21, 19, 30)),
        ("wake me tomorrow at seven", "no at eight", datetime(2026, 11, 22, 8, 0)),
        ("wake me at seven in the evening", "no seven in the morning", datetime(2026, 11, 22, 7, 0)),
        ("set an alarm for ten tonight", "i meant noon", datetime(2026, 11, 21, 12, 0)),
    ],
)
def test_an_alarm_is_corrected(board: Board, first: str, reply: str, at: datetime) -> None:
    """The part of the day, and the day, stay as they were said."""
    board.ask(first)
    assert board.ask(reply).startswith("I changed it. An alarm is set for ")
    assert [held.when for held in board.stored] == [AtClock(at)]


def test_what_is_over_is_not_undone(board: Board) -> None:
    """The timer has run out and was stopped: the correction is a timer of its own."""
    board.ask("set a timer for ten seconds")
    board.passes(12)
    board.does("wake word")
    assert board.ask("no ten minutes") == "A timer is set for ten minutes."
    assert lengths_s(board) == [("", 600)]


def test_a_correction_on_a_full_disk_changes_nothing(board: Board) -> None:
    """Both or neither: what was set first still runs."""
    board.ask("set a timer for five minutes")
    board.fill_disk()
    assert board.ask("no ten minutes") == ENGLISH.say("troubles.store-failed")
    assert lengths_s(board) == [("", 300)]


def test_after_a_restart_nothing_is_undone(board: Board) -> None:
    """What was asked is forgotten; what was set is not."""
    board.ask("set a timer for five minutes")
    board = board.after_restart()
    assert board.ask("no ten minutes") == troubles.NOTHING_BEFORE.spoken(ENGLISH)
    assert lengths_s(board) == [("", 300)]


# --- a clear end ---


@pytest.mark.parametrize("end", ["no", "No, thanks.", "no thank you", "that's all", "thank you"])
def test_who_wants_no_more_hears_nothing(talk: Conversation, port: ListPort, end: str) -> None:
    """No answer, no earcon, no trouble: the wake word is needed again."""
    ask_aloud(talk, "what time is it")
    speak_all(talk, port)
    port.sent.clear()
    talk.speech_began(3_000.0)
    talk.speech_ended(2, 4_000.0)
    talk.heard(Heard(2, end, 0.9, 4_100.0), 4_100.0)
    assert port.said == [] and port.to("voice", Chime) == []
    assert port.sent[-1] == ("ears", Rest()) and port.to("ears", Listen) == []
    assert port.ended[-1].trouble is None and talk.turn is None


def test_no_stops_nothing_that_rings(board: Board) -> None:
    """A television says it too; "stop" and "thank you" do."""
    board.ask("set a timer for ten seconds")
    board.passes(12)
    board.follow_up("no")
    assert len(board.stored) == 1
    board.follow_up("thank you")
    assert board.stored == []
