"""One owner of the NPU at a time, whatever becomes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mortar import lease
from mortar.clock import Moment, moment
from mortar.errors import MortarError
from mortar.lease import EXIT_GRACE_s, Held, Lease, LeaseBusy, LeaseLost, State
from npu_stub import wait_for_a_queue

PATIENT_ms = 60_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / lease.FILE


def program(path: Path, script: str) -> subprocess.Popen[str]:
    """Another program, which begins by making its lease."""
    whole = (
        f"from mortar.lease import *\nfrom pathlib import Path\nheld = Lease(Path({str(path)!r}))\n{script}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", whole], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


HOLDS = """
with held.hold("rknn/npu", "encode a picture", deadline_ms=5_000, wait_ms=60_000):
    print("mine", flush=True)
    input()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """A program that has the lease until it gets a line, or dies."""
    other = program(path, HOLDS)
    assert other.stdout is not None and other.stdout.readline() == "mine\n"
    return other


def end(other: subprocess.Popen[str]) -> None:
    other.kill()
    other.communicate()


def test_who_has_it_why_and_until_when_is_told(path: Path) -> None:
    other = holder(path)
    held = lease.look(path)
    assert held is not None
    assert (held.pid, held.unit, held.reason) == (other.pid, "rknn/npu", "encode a picture")
    assert held.state(moment()) is State.HELD
    end(other)


def test_nobody_has_it_before_the_first_and_after_the_last(path: Path) -> None:
    assert lease.look(path) is None
    with Lease(path).hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1):
        assert lease.look(path) is not None
    assert lease.look(path) is None


def test_a_dead_owners_lease_is_free(path: Path) -> None:
    """Whatever its text still says."""
    end(holder(path))
    assert path.read_bytes(), "it had no time to tidy up"
    assert lease.look(path) is None
    with Lease(path).hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1):
        pass


def test_what_a_dead_owner_wrote_does_not_show_through(path: Path) -> None:
    """However much longer it was."""
    path.write_text("x" * 1_000)
    with Lease(path).hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1):
        held = lease.look(path)
    assert held is not None and held.reason == "a test"


def test_a_wait_ends_when_the_owner_dies(path: Path) -> None:
    other = holder(path)
    threading.Timer(0.0, other.kill).start()
    with Lease(path).hold("rknn/npu", "a test", deadline_ms=1, wait_ms=PATIENT_ms):
        pass
    end(other)


def test_a_wait_is_bounded_and_names_the_owner(path: Path) -> None:
    other = holder(path)
    with (
        pytest.raises(LeaseBusy) as caught,
        Lease(path).hold("rknn/npu", "a test", deadline_ms=1, wait_ms=20),
    ):
        pass
    assert caught.value.code == "npu-busy"
    assert str(other.pid) in caught.value.what and "encode a picture" in caught.value.what
    end(other)


def test_a_wait_that_was_given_up_does_not_take_it_later(path: Path) -> None:
    other = holder(path)
    mine = Lease(path)
    for _ in range(3):
        with pytest.raises(LeaseBusy), mine.hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1):
            pass
    end(other)
    with mine.hold("rknn/npu", "a test", deadline_ms=1, wait_ms=PATIENT_ms):
        held = lease.look(path)
        assert held is not None and held.pid == os.getpid()
    for thread in threading.enumerate():
        if "_stand_in_line" in thread.name:
            thread.join()
    assert lease.look(path) is None


def test_who_has_just_had_it_stands_behind_those_who_wait(path: Path) -> None:
    """However quick it is to ask again."""
    mine = Lease(path)
    with mine.hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1):
        other = program(path, HOLDS)
        wait_for_a_queue(path)
    with pytest.raises(LeaseBusy), mine.hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1):
        pass
    assert other.stdout is not None and other.stdout.readline() == "mine\n"
    end(other)


GOES_FIFTY_TIMES = """
for _ in range(50):
    with held.hold("rknn/npu", NAME, deadline_ms=5_000, wait_ms=60_000):
        with open(LOG, "a") as log:
            print(NAME, "in", file=log, flush=True)
            print(NAME, "out", file=log, flush=True)
"""


def test_two_programs_never_have_it_at_once(path: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    both = [program(path, f"NAME, LOG = {name!r}, {str(log)!r}\n{GOES_FIFTY_TIMES}") for name in ("a", "b")]
    for one in both:
        one.communicate()
        assert one.returncode == 0
    lines = log.read_text().splitlines()
    turns = list(zip(lines[::2], lines[1::2], strict=True))
    assert sorted(turns) == [("a in", "a out")] * 50 + [("b in", "b out")] * 50


HELD = Held(7, "rknn/npu", "encode a picture", since_s=100.0, deadline_ms=5_000, boot="this")


@pytest.mark.parametrize(
    ("up_s", "state"),
    [
        (104.9, State.HELD),
        (105.1, State.OVERDUE),
        (105.1 + EXIT_GRACE_s, State.LOST),
    ],
)
def test_what_a_lease_past_its_deadline_means(up_s: float, state: State) -> None:
    assert HELD.state(Moment(0.0, up_s, "this")) is state


def test_a_deadline_of_before_the_board_was_switched_on_means_nothing() -> None:
    assert HELD.state(Moment(0.0, 1e9, "another")) is State.HELD


def test_one_that_is_lost_is_said_to_be(path: Path) -> None:
    """A process past its deadline that has the lock. This one is well, and stands in for one that hangs."""
    other = holder(path)
    held = lease.look(path)
    assert held is not None
    long_ago = replace(held, since_s=held.since_s - 3_600)
    path.write_text(json.dumps(long_ago.__dict__))
    with (
        pytest.raises(LeaseLost) as caught,
        Lease(path).hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1),
    ):
        pass
    assert caught.value.code == "npu-lost" and str(other.pid) in caught.value.what
    end(other)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"other": 1}'])
def test_text_that_cannot_be_read_still_is_a_lease_that_is_held(path: Path, text: str) -> None:
    other = holder(path)
    path.write_text(text)
    assert lease.look(path) == lease.UNTOLD
    end(other)


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with (
        pytest.raises(MortarError) as caught,
        Lease(tmp_path / "none" / lease.FILE).hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1),
    ):
        pass
    assert caught.value.code == "lease-unusable"
