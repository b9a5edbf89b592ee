"""How many deaths are forgiven; time is passed in."""

from mortar.supervisor.budget import FUTILE_DEATHS, Budget


def test_as_many_restarts_as_the_budget_has() -> None:
    budget = Budget(restarts=3, window_ms=60_000)
    assert [budget.allows_restart(now_ms, futile=False) for now_ms in (0, 1, 2, 3)] == [
        True,
        True,
        True,
        False,
    ]


def test_deaths_outside_the_window_are_forgotten() -> None:
    """A process that dies once a minute is restarted for ever."""
    budget = Budget(restarts=1, window_ms=60_000)
    assert all(budget.allows_restart(minute * 60_000, futile=False) for minute in range(100))
    assert not budget.allows_restart(99 * 60_000 + 59_999, futile=False)


def test_a_worker_that_says_what_is_wrong_before_it_serves_gets_one_more_try() -> None:
    budget = Budget(restarts=100, window_ms=60_000)
    assert [budget.allows_restart(0, futile=True) for _ in range(FUTILE_DEATHS)] == [True, False]


def test_having_served_in_between_makes_the_next_try_worth_it_again() -> None:
    budget = Budget(restarts=100, window_ms=60_000)
    assert all(budget.allows_restart(0, futile=futile) for futile in (True, False) * 10)
