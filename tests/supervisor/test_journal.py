"""The last troubles, as `mortar status` shows them."""

from __future__ import annotations

from mortar.clock import now_ms
from mortar.messages import Event, Failure
from mortar.supervisor.journal import FAILURES_KEPT, Journal

BLIND = Failure("camera-missing", "no camera is connected", "connect one")


def journal() -> Journal:
    return Journal(lambda event: None, now_ms())


def trouble(code: str) -> Event:
    """A turn has failed."""
    return Event("trouble", now_ms(), {"code": code, "what": "it failed", "do": "ask again"})


def told(journal: Journal) -> list[tuple[object, ...]]:
    return [(kept["process"], kept["code"], kept["times"]) for kept in journal.failures]


def test_what_a_brick_says_and_what_fails_a_turn_are_kept() -> None:
    kept = journal()
    kept.failed("eye", BLIND)
    kept.add(trouble("not-understood"))
    assert told(kept) == [("eye", "camera-missing", 1), ("assistant", "not-understood", 1)]
    assert kept.failures[0]["do"] == "connect one"


def test_what_comes_again_is_kept_once_and_counted() -> None:
    """Ten questions that were not understood push nothing else out."""
    kept = journal()
    kept.failed("eye", BLIND)
    for _ in range(10):
        kept.add(trouble("not-understood"))
    assert told(kept) == [("eye", "camera-missing", 1), ("assistant", "not-understood", 10)]


def test_a_turn_that_fails_by_what_a_brick_has_told_is_the_same_trouble() -> None:
    kept = journal()
    for _ in range(2):
        kept.failed("eye", BLIND)
        kept.add(trouble("camera-missing"))
    assert told(kept) == [("eye", "camera-missing", 2)]


def test_the_newest_are_kept() -> None:
    kept = journal()
    for number in range(FAILURES_KEPT + 3):
        kept.failed("ears", Failure(f"fault-{number}", "it failed", "see to it"))
    codes = [held["code"] for held in kept.failures]
    assert codes == [f"fault-{number}" for number in range(3, FAILURES_KEPT + 3)]
