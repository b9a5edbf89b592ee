"""Timers and alarms as people ask for them: what is said, heard and stored; on one fake board."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from mortar.errors import MortarError
from mortar.messages import Chime, Say, Speaking
from mortar.reminders import Kind
from mortar.settings import Assistant
from mortar.store.database import FILE, Database
from reminders.boards import Board


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("set a timer for ten minutes", "A timer is set for ten minutes."),
        ("start a timer for twenty five minutes", "A timer is set for twenty-five minutes."),
        ("Set a timer for 25 minutes.", "A timer is set for twenty-five minutes."),
        ("set a 25-minute timer", "A timer is set for twenty-five minutes."),
        (
            "set a pasta timer for ten minutes and thirty seconds",
            "The pasta timer is set for ten minutes and thirty seconds.",
        ),
        ("set a twenty minute pizza timer", "The pizza timer is set for twenty minutes."),
        ("set a timer for an hour and a half", "A timer is set for one hour and thirty minutes."),
        ("set a timer for one hour and fifteen minutes", "A timer is set for one hour and fifteen minutes."),
        ("timer for half an hour", "A timer is set for thirty minutes."),
        ("set a timer for ninety seconds", "A timer is set for one minute and thirty seconds."),
        ("wake me at half past six", "An alarm is set for half past six in the evening."),
        (
            "wake me up tomorrow at half past six",
            "An alarm is set for half past six in the morning, tomorrow.",
        ),
        (
            "set an alarm for seven in the morning",
            "An alarm is set for seven o'clock in the morning, tomorrow.",
        ),
        ("Set an alarm for 7:30 a.m.", "An alarm is set for half past seven in the morning, tomorrow."),
        ("set an alarm for quarter to twelve", "An alarm is set for a quarter to twelve in the morning."),
        (
            "set an alarm for twenty five to ten at night",
            "An alarm is set for twenty-five to ten in the evening.",
        ),
        ("set an alarm for midnight", "An alarm is set for midnight, tomorrow."),
        ("wake me at noon", "An alarm is set for noon."),
        ("wake me up in twenty minutes", "I wake you in twenty minutes."),
        ("how long is left", "No timer is set."),
        ("what timers are set", "No timer is set."),
        ("how long is left on the pasta timer", "There is no pasta timer."),
        ("what alarms are set", "No alarm is set."),
        ("cancel the timer", "No timer is set."),
        ("cancel the ten minute timer", "There is no timer of ten minutes."),
        ("cancel all timers", "No timer is set."),
        ("cancel the alarm", "No alarm is set."),
        ("cancel all alarms", "No alarm is set."),
        ("snooze", "Nothing rings."),
    ],
)
def test_one_sentence_and_its_answer(board: Board, asked: str, answer: str) -> None:
    assert board.ask(asked) == answer


KITCHEN = ("set a pasta timer for ten minutes", "set an egg timer for six minutes", "set a timer for an hour")


@pytest.mark.parametrize(
    ("then", "answer", "left"),
    [
        (
            "how long is left",
            "The egg timer has four minutes left, the pasta timer has eight minutes left and "
            "the one hour timer has fifty-eight minutes left.",
            3,
        ),
        ("how long is left on the pasta timer", "The pasta timer has eight minutes left.", 3),
        (
            "how much time is left on the one hour timer",
            "The one hour timer has fifty-eight minutes left.",
            3,
        ),
        ("cancel the pasta timer", "The pasta timer is cancelled.", 2),
        ("delete my one hour timer", "The one hour timer is cancelled.", 2),
        (
            "cancel the timer",
            "There is the pasta timer, the egg timer and the one hour timer. "
            "Say which, or, cancel all timers.",
            3,
        ),
        ("cancel the rice timer", "There is no rice timer.", 3),
        ("cancel all timers", "I cancelled three timers.", 0),
        ("set a pasta timer for three minutes", "The pasta timer is now three minutes.", 3),
        ("cancel all alarms", "No alarm is set.", 3),
    ],
)
def test_several_timers_are_told_apart(board: Board, then: str, answer: str, left: int) -> None:
    """By name or by length, two minutes later."""
    for asked in KITCHEN:
        board.ask(asked)
    board.passes(120)
    assert board.ask(then) == answer
    assert len(board.stored) == left


@pytest.mark.parametrize(
    ("then", "answer", "left"),
    [
        (
            "what alarms do i have",
            "Two alarms are set, for noon and for half past six in the morning, tomorrow.",
            2,
        ),
        ("cancel the alarm for noon", "The alarm for noon is cancelled.", 1),
        (
            "cancel the alarm for half past six",
            "The alarm for half past six in the morning, tomorrow is cancelled.",
            1,
        ),
        ("cancel the alarm for five past six", "There is no alarm for that time.", 2),
        (
            "cancel my alarm",
            "There are two alarms, for noon and for half past six in the morning, tomorrow. Say which.",
            2,
        ),
        ("set an alarm for noon", "An alarm is set already for noon.", 2),
        ("delete all alarms", "I cancelled two alarms.", 0),
    ],
)
def test_several_alarms_are_told_apart(board: Board, then: str, answer: str, left: int) -> None:
    board.ask("wake me at noon")
    board.ask("wake me tomorrow at half past six")
    assert board.ask(then) == answer
    assert len(board.stored) == left


def test_it_is_stored_before_it_is_confirmed(board: Board) -> None:
    """What was said aloud is on the disk, for whoever opens the file then."""
    board.on_say = lambda text: seen.append([held.name for held in board.stored])
    seen: list[list[str]] = []
    board.ask("set a pasta timer for ten minutes")
    assert seen == [["pasta"]]


def test_what_cannot_be_stored_is_not_confirmed(board: Board) -> None:
    """A full disk: a trouble with its code, and what was there goes on."""
    board.ask("set an egg timer for six minutes")
    board.fill_disk()
    board.ask("cancel all timers")  # one page is enough to forget, but its journal is not there either
    answer = board.ask("set a pasta timer for ten minutes")
    assert answer == "Sorry, I could not write that down. My disk may be full."
    assert board.ended[-1].trouble is not None and board.ended[-1].trouble.code == "store-failed"
    assert [held.name for held in board.stored] == ["egg"]
    assert board.ask("how long is left") == "The egg timer has six minutes left."


def test_a_store_of_a_newer_mortar_is_left_alone(tmp_path: Path) -> None:
    """Everything else goes on."""
    steps = [f"CREATE TABLE t{n} (x)" for n in range(9)]
    Database(tmp_path / FILE, steps).close()
    complaints: list[MortarError] = []
    board = Board(tmp_path / FILE, datetime(2026, 11, 21, 9, 0), complaints.append)
    assert [error.code for error in complaints] == ["store-newer"]
    assert board.ask("wake me at noon").startswith("My memory is from a newer version of me.")
    assert board.ask("what time is it") == "It is nine o'clock in the morning."


def test_no_more_than_can_be_kept_in_mind(board: Board) -> None:
    for _ in range(20):
        board.ask("set a timer for ten minutes")
    assert board.ask("wake me at noon").startswith("I keep twenty timers and alarms already.")
    assert len(board.stored) == 20


def test_a_clock_that_was_never_set_wakes_nobody_at_a_time(tmp_path: Path) -> None:
    """But it counts: "in twenty minutes" needs no clock on the wall."""
    board = Board(tmp_path / FILE, datetime(1970, 1, 1, 0, 4))
    assert board.ask("wake me at noon") == "My clock has not been set, so I cannot wake you at a time."
    board.ask("wake me in twenty minutes")
    board.passes(20 * 60)
    assert board.said[-1] == "This is your alarm."


# --- ringing ---


def test_a_timer_rings_with_its_name(board: Board) -> None:
    """Beeps first, then what it is for; not a second too early."""
    board.ask("set a pasta timer for ten minutes")
    board.passes(599)
    assert not board.chimes("alarm")
    board.passes(1)
    assert len(board.chimes("alarm")) == 1
    assert board.said[-1] == "Your pasta timer is done."
    to_voice = [message for _, message in board.port.sent if isinstance(message, Chime | Say)]
    assert [type(message) for message in to_voice[-2:]] == [Chime, Say]


def test_it_rings_again_and_again_until_its_time_is_up(board: Board) -> None:
    """Ten minutes long, and then nothing of it is left."""
    board.ask("set a timer for one minute")
    board.passes(60)
    board.passes(120)
    assert 10 < len(board.chimes("alarm")) < 40
    assert [held.kind for held in board.stored] == [Kind.TIMER]
    board.passes(Assistant().ring_limit_s)
    n = len(board.chimes("alarm"))
    board.passes(600)
    assert len(board.chimes("alarm")) == n
    assert board.stored == []


@pytest.mark.parametrize(
    "way", ["stop", "cancel", "wake word", "short", "long", "stop into it", "cancel the timer"]
)
def test_what_rings_is_stopped(board: Board, way: str) -> None:
    """By word, with no wake word between two rounds; into its own sound; by the wake word; by the button."""
    board.ask("set a pasta timer for one minute")
    board.passes(75)
    board.does(way)
    n = len(board.chimes("alarm"))
    board.passes(300)
    assert len(board.chimes("alarm")) == n > 1
    assert board.stored == []
    assert board.ask("what time is it") == "It is six minutes past nine in the morning."


def test_the_ears_know_that_it_fell_silent_when_stopped_at_its_first_beep(board: Board) -> None:
    """Before a word of it was heard: else they would take all that people say for remarks over it."""
    board.ask("set a pasta timer for one minute")
    board.voice_is_there = False
    board.passes(60)
    board.talk.stopped(board.now_ms)
    assert board.port.to("ears", Speaking)[-2:] == [Speaking("Your pasta timer is done."), Speaking("")]


@pytest.mark.parametrize("way", ["snooze", "double", "snooze after the wake word"])
def test_what_rings_can_be_snoozed(board: Board, way: str) -> None:
    """It rings again, under its name, after nine minutes; the power may be cut meanwhile."""
    board.ask("set a pasta timer for one minute")
    board.passes(75)
    board.does(way)
    assert board.said[-1] == "Again in nine minutes."
    n = len(board.chimes("alarm"))
    board.passes(300)
    board = board.after_power_cut(60)
    board.passes(170)
    assert board.chimes("alarm") == [] and n > 1
    board.passes(10)
    assert board.said[-1] == "Your pasta timer is done."


def test_more_minutes_can_be_asked_for(board: Board) -> None:
    board.ask("wake me at noon")
    board.passes(3 * 3_600)
    assert board.said[-1] == "This is your alarm. It is noon."
    board.follow_up("five more minutes")
    assert board.said[-1] == "Again in five minutes."
    assert board.ask("what alarms are set") == "One alarm is set, in five minutes."


def test_two_that_ring_are_both_named_and_both_stopped(board: Board) -> None:
    board.ask("set a pasta timer for one minute")
    board.ask("set an egg timer for one minute")
    board.passes(75)
    assert board.said[-1] == "Your pasta timer is done. Your egg timer is done."
    board.does("stop")
    assert board.stored == []


def test_a_question_between_two_rounds_is_answered_and_it_rings_on(board: Board) -> None:
    board.ask("set a pasta timer for one minute")
    board.passes(62)
    board.follow_up("what time is it")
    assert board.said[-1] == "It is one minute past nine in the morning."
    n = len(board.chimes("alarm"))
    board.passes(30)
    assert len(board.chimes("alarm")) > n


def test_nobody_says_goodbye_while_it_rings(board: Board) -> None:
    """The silence between two rounds is no follow-up that nobody used."""
    board.ask("set a timer for one minute")
    board.passes(60)
    before = len(board.chimes("goodbye"))
    board.passes(60)
    assert len(board.chimes("goodbye")) == before


def test_an_answer_that_goes_on_is_waited_for_but_not_for_long(board: Board) -> None:
    """Ten seconds; then whoever asked to be told is told."""
    board.ask("set a timer for one minute")
    board.passes(55)
    board.holds_the_floor()
    board.passes(14)
    assert not board.chimes("alarm")
    board.passes(2)
    assert board.said[-1] == "Your one minute timer is done."


@pytest.mark.parametrize("down", ["listen", "eye", "language", "ears"])
def test_it_rings_while_a_brick_is_down(board: Board, down: str) -> None:
    board.ask("set a pasta timer for one minute")
    board.port.down.add(down)
    board.talk.peer_lost(down, board.now_ms)
    board.passes(75)
    assert len(board.chimes("alarm")) > 1
    assert board.said[-1] == "Your pasta timer is done."


def test_it_rings_on_after_the_voice_was_away(board: Board) -> None:
    """What was due meanwhile is said as soon as the voice is back."""
    board.ask("set a pasta timer for one minute")
    board.lose_voice()
    board.passes(70)
    board.find_voice()
    assert board.said[-1] == "Your pasta timer is done."
    board.passes(20)
    assert board.chimes("alarm")


# --- restarts ---


def test_a_restart_loses_nothing(board: Board) -> None:
    """Neither the timer nor a second of it, also where the wall clock is set meanwhile."""
    board.ask("set a pasta timer for ten minutes")
    board.passes(200)
    again = board.after_restart()
    again.wall_s += 5_000
    assert again.ask("how long is left") == "The pasta timer has six minutes and forty seconds left."
    again.passes(400)
    assert again.said[-1] == "Your pasta timer is done."


def test_what_rang_rings_on_after_a_restart(board: Board) -> None:
    board.ask("set a pasta timer for one minute")
    board.passes(62)
    again = board.after_restart()
    again.passes(5)
    assert again.said[-1] == "Your pasta timer is done."


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("set a pasta timer for ten minutes", "Your pasta timer ran out fifty minutes ago."),
        (
            "wake me at quarter past nine",
            "Your alarm for a quarter past nine in the morning was due forty-five minutes ago.",
        ),
        ("wake me in five minutes", "This is your alarm. It is ten o'clock in the morning."),
    ],
)
def test_what_ran_out_without_power_rings_at_once_and_says_so(board: Board, asked: str, said: str) -> None:
    board.ask(asked)
    again = board.after_power_cut(3_600)
    again.passes(0)
    assert again.said == [said]
    again.does("stop")
    assert again.stored == []


def test_what_was_stopped_stays_stopped_where_the_disk_is_full(board: Board) -> None:
    """Nobody has to pull the plug to have silence."""
    board.ask("set a pasta timer for one minute")
    board.passes(62)
    board.fill_disk()
    board.does("stop")
    n = len(board.chimes("alarm"))
    board.passes(60)
    assert len(board.chimes("alarm")) == n
