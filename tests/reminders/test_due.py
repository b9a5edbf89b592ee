"""Timers and alarms under fake clocks: summer time, month ends, clocks that are set, boards without power."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mortar.clock import Moment
from mortar.reminders import (
    AtClock,
    Kind,
    LOOK_s,
    Reminder,
    countdown,
    due,
    left_s,
    local_time,
    next_at,
    next_look_s,
    tomorrow_at,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    BERLIN,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),  # summer time is half an hour
    ZoneInfo("America/Havana"),  # summer time begins at midnight
    ZoneInfo("Asia/Kolkata"),
    ZoneInfo("UTC"),
]
MINUTES = st.integers(0, 1_439)
SECONDS_OF_2026_TO_28 = st.integers(1_767_225_600, 1_861_920_000)


def at(local: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> Moment:
    """When the wall clock there shows `local`."""
    wall_s = datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold).timestamp()
    return Moment(wall_s, 1_000.0, "boot")


def alarm(when: AtClock) -> Reminder:
    return Reminder(Kind.ALARM, "", when)


def rings_at(when: AtClock, zone: ZoneInfo, before: Moment) -> datetime:
    """What the clock shows when it is due."""
    return local_time(Moment(before.wall_s + when.left_s(before, zone), 0.0, ""), zone)


class Board:
    """Two clocks that go on together, until somebody sets the one or switches the board off."""

    def __init__(self, wall_s: float) -> None:
        self.wall_s, self.up_s, self.boots = wall_s, 0.0, 1

    @property
    def now(self) -> Moment:
        return Moment(self.wall_s, self.up_s, f"boot {self.boots}")

    def passes(self, seconds: float) -> None:
        self.wall_s += seconds
        self.up_s += seconds

    def off_for(self, seconds: float) -> None:
        self.wall_s += seconds
        self.up_s = 0.0
        self.boots += 1


# --- alarms ---


@pytest.mark.parametrize(
    ("now", "minute", "shown"),
    [
        ("2026-11-21T22:00", 390, "2026-11-22T06:30"),
        ("2026-11-21T06:30", 390, "2026-11-22T06:30"),
        ("2026-01-31T23:00", 420, "2026-02-01T07:00"),
        ("2028-02-28T23:00", 420, "2028-02-29T07:00"),
        ("2026-12-31T23:59", 0, "2027-01-01T00:00"),
        # Summer time begins on 29 March at 2: half past two is left out, and is half past three.
        ("2026-03-28T22:00", 150, "2026-03-29T03:30"),
        ("2026-03-28T22:00", 420, "2026-03-29T07:00"),
        # It ends on 25 October at 3: half past two comes twice, and the first one counts.
        ("2026-10-24T22:00", 150, "2026-10-25T02:30"),
    ],
)
def test_an_alarm_is_the_next_time_that_the_clock_shows_it(now: str, minute: int, shown: str) -> None:
    assert rings_at(next_at([minute], at(now), BERLIN), BERLIN, at(now)).isoformat("T", "minutes") == shown


def test_in_the_hour_that_comes_twice_the_second_time_is_not_missed() -> None:
    """At ten to two for the second time, "at two" is in ten minutes, and half past one comes tomorrow."""
    zone = ZoneInfo("America/New_York")  # the hour from 1 to 2 comes twice on 1 November 2026
    now = at("2026-11-01T01:50", zone)
    assert next_at([90], now, zone).left_s(now, zone) == 40 * 60
    now = at("2026-11-01T01:50", zone, fold=1)
    assert next_at([120], now, zone).left_s(now, zone) == 10 * 60
    assert next_at([90], now, zone).left_s(now, zone) == (23 * 60 + 40) * 60


def test_a_day_that_the_calendar_left_out_is_skipped() -> None:
    """Samoa went from 29 to 31 December 2011."""
    zone = ZoneInfo("Pacific/Apia")
    now = at("2011-12-29T23:00", zone)
    assert next_at([420], now, zone).left_s(now, zone) == 8 * 3_600


def test_tomorrow_is_the_next_date_however_long_the_day_is() -> None:
    now = at("2026-10-24T12:00")
    assert tomorrow_at(720, now, BERLIN).left_s(now, BERLIN) == 25 * 3_600


@given(zone=st.sampled_from(ZONES), wall_s=SECONDS_OF_2026_TO_28, minute=MINUTES)
def test_every_alarm_rings_within_a_day_at_its_minute(zone: ZoneInfo, wall_s: int, minute: int) -> None:
    """Later than now, never more than a day and the hour that comes twice away; where the clock shows another
    minute, its own is left out that day."""
    now = Moment(wall_s, 0.0, "boot")
    when = next_at([minute], now, zone)
    left = when.left_s(now, zone)
    assert 0 < left <= 25 * 3_600
    shown = rings_at(when, zone, now)
    if shown.replace(fold=0) != when.local.replace(fold=0):
        skipped = shown - when.local.replace(fold=0)
        assert timedelta(0) < skipped <= timedelta(hours=1)
    else:
        assert shown.hour * 60 + shown.minute == minute


@given(zone=st.sampled_from(ZONES), wall_s=SECONDS_OF_2026_TO_28, both=st.tuples(MINUTES, MINUTES))
def test_of_two_times_the_earlier_one_is_meant(zone: ZoneInfo, wall_s: int, both: tuple[int, int]) -> None:
    now = Moment(wall_s, 0.0, "boot")
    lefts = [next_at([minute], now, zone).left_s(now, zone) for minute in both]
    assert next_at(both, now, zone).left_s(now, zone) == min(lefts)


@given(
    zone=st.sampled_from(ZONES),
    wall_s=SECONDS_OF_2026_TO_28,
    minute=MINUTES,
    jumps=st.lists(st.integers(-20_000, 20_000), max_size=6),
)
@example(zone=BERLIN, wall_s=1_774_738_800, minute=150, jumps=[3_600, -3_600])
def test_an_alarm_follows_a_clock_that_is_set(
    zone: ZoneInfo, wall_s: int, minute: int, jumps: list[int]
) -> None:
    """It rings when the clock has come to its time, at most a look later, and never before."""
    board = Board(float(wall_s))
    held = alarm(next_at([minute], board.now, zone))
    pending = list(jumps)
    while not due([held], board.now, zone):
        look_s = next_look_s([held], board.now, zone)
        assert look_s is not None and 0 < look_s <= LOOK_s
        board.passes(look_s / 2)
        if pending:
            board.wall_s += pending.pop()
        board.passes(look_s / 2)
        if not pending:  # nothing is set any more: what is left is as long as it says
            board.passes(max(0.0, left_s(held, board.now, zone)))
    late_s = -left_s(held, board.now, zone)
    assert 0 <= late_s <= max([LOOK_s, *(LOOK_s + jump for jump in jumps)])


# --- timers ---


@settings(max_examples=60)
@given(
    length_s=st.integers(1, 7_200),
    steps=st.lists(st.tuples(st.floats(0, 1_800), st.integers(-40_000, 40_000)), max_size=12),
)
def test_a_timer_takes_as_long_as_it_was_set_for(length_s: int, steps: list[tuple[float, int]]) -> None:
    """Whatever is done to the wall clock; and `next_look_s` never looks past its end."""
    board = Board(1_790_000_000.0)
    held = Reminder(Kind.TIMER, "pasta", countdown(length_s, board.now))
    for seconds, jump in steps:
        board.wall_s += jump
        look_s = next_look_s([held], board.now)
        assert look_s is not None and look_s <= max(0.0, length_s - board.up_s)
        board.passes(seconds)
        assert bool(due([held], board.now)) == (board.up_s >= length_s)
        assert left_s(held, board.now) == length_s - board.up_s


@given(
    length_s=st.integers(1, 7_200),
    before_s=st.floats(0, 7_000),
    off_s=st.floats(0, 100_000),
    after_s=st.floats(0, 7_000),
)
def test_after_a_power_cut_a_timer_goes_on_by_the_wall_clock(
    length_s: int, before_s: float, off_s: float, after_s: float
) -> None:
    """Time without power counts too; what ran out meanwhile is due at once."""
    board = Board(1_790_000_000.0)
    held = Reminder(Kind.TIMER, "", countdown(length_s, board.now))
    board.passes(before_s)
    board.off_for(off_s)
    board.passes(after_s)
    assert left_s(held, board.now) == pytest.approx(length_s - before_s - off_s - after_s, abs=1e-3)
    assert bool(due([held], board.now)) == (left_s(held, board.now) <= 0)


def test_a_board_that_wakes_up_in_1970_rings_after_the_whole_time_at_most() -> None:
    """Its clock has no battery: nobody knows how long it was off, and nobody waits for 56 years."""
    board = Board(1_790_000_000.0)
    held = Reminder(Kind.TIMER, "", countdown(600, board.now))
    board.off_for(-1_790_000_000.0)
    assert left_s(held, board.now) == 600


# --- several ---


@given(lengths_s=st.lists(st.integers(1, 5_000), min_size=1, max_size=20), now_s=st.integers(0, 5_000))
def test_those_that_are_due_come_in_their_order(lengths_s: list[int], now_s: int) -> None:
    """And the next look is at the one that is next, or sooner."""
    board = Board(1_790_000_000.0)
    held = [
        Reminder(Kind.TIMER, "", countdown(length, board.now), number)
        for number, length in enumerate(lengths_s)
    ]
    board.passes(now_s)
    over = due(held, board.now)
    assert sorted(one.number for one in over) == [n for n, length in enumerate(lengths_s) if length <= now_s]
    assert [lengths_s[one.number] for one in over] == sorted(lengths_s[one.number] for one in over)
    ahead = [one for one in held if one not in over]
    assert next_look_s(ahead, board.now) == (
        min(LOOK_s, min(lengths_s[one.number] for one in ahead) - now_s) if ahead else None
    )
