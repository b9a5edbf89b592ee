"""The ladder from a missed deadline to giving a process up; time is passed in."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.messages import JobBegan
from mortar.supervisor.health import ABORT_GRACE_MS, KILL_GRACE_MS, LONGEST_START_MS, Ladder, Rung

JOB = JobBegan(7, "encode", deadline_ms=500)


@pytest.fixture
def ladder() -> Ladder:
    """Of a process that is ready and idle at time 0."""
    ladder = Ladder(0)
    ladder.ready()
    return ladder


def climb_all(ladder: Ladder) -> list[tuple[float, Rung | None]]:
    """Each rung and when it was due, until nothing is."""
    climbed = []
    while ladder.due_ms < inf:
        due_ms = ladder.due_ms
        assert ladder.climb(due_ms - 1) is None
        climbed.append((due_ms, ladder.climb(due_ms)))
    return climbed


def test_an_idle_process_is_left_alone(ladder: Ladder) -> None:
    assert ladder.due_ms == inf
    assert ladder.climb(1e12) is None


def test_a_job_past_its_deadline_is_aborted_then_killed_then_lost(ladder: Ladder) -> None:
    ladder.began(JOB, now_ms=1_000)
    killed_ms = 1_500 + ABORT_GRACE_MS
    assert climb_all(ladder) == [
        (1_500, Rung.ABORT),
        (killed_ms, Rung.KILL),
        (killed_ms + KILL_GRACE_MS, Rung.LOST),
    ]


def test_a_job_that_ends_in_time_or_gives_up_in_time_saves_the_process(ladder: Ladder) -> None:
    ladder.began(JOB, now_ms=0)
    ladder.ended(JOB.job, now_ms=400)
    assert ladder.due_ms == inf
    ladder.began(JOB, now_ms=1_000)
    assert ladder.climb(1_500) is Rung.ABORT
    ladder.ended(JOB.job, now_ms=1_600)
    assert ladder.due_ms == inf


def test_the_end_of_an_earlier_job_does_not_save_the_running_one(ladder: Ladder) -> None:
    ladder.began(JOB, now_ms=0)
    ladder.ended(JOB.job - 1, now_ms=10)
    assert ladder.due_ms == JOB.deadline_ms


def test_a_start_has_a_bound_and_its_jobs_have_their_own() -> None:
    """A model may take long to load, as long as a job says how long."""
    ladder = Ladder(0)
    assert ladder.due_ms == LONGEST_START_MS
    ladder.began(JobBegan(1, "load", deadline_ms=10 * LONGEST_START_MS), now_ms=5)
    assert ladder.due_ms == 5 + 10 * LONGEST_START_MS
    ladder.ended(1, now_ms=3 * LONGEST_START_MS)
    assert ladder.due_ms == 4 * LONGEST_START_MS
    assert ladder.climb(ladder.due_ms) is Rung.KILL


@given(
    st.lists(st.sampled_from(["ready", "began", "ended"])),
    st.lists(st.sampled_from(["ready", "began", "ended", "stop"])),
)
def test_nothing_that_a_process_says_puts_off_its_end(before: list[str], after: list[str]) -> None:
    """Once told to stop, it is killed when its grace is over, whatever it claims to be doing."""
    ladder = Ladder(0)

    def happens(what: str, now_ms: float) -> None:
        match what:
            case "ready":
                ladder.ready()
            case "began":
                ladder.began(JOB, now_ms)
            case "ended":
                ladder.ended(JOB.job, now_ms)
            case "stop":
                ladder.stop(now_ms, grace_ms=9_999)

    for what in before:
        happens(what, now_ms=1)
    ladder.stop(now_ms=2, grace_ms=300)
    for what in after:
        happens(what, now_ms=3)
    assert climb_all(ladder) == [(302, Rung.KILL), (302 + KILL_GRACE_MS, Rung.LOST)]
