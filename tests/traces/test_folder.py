"""Traces on the disk: numbered, private, written whole, and never lost for a newer one."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from mortar.errors import MortarError, UsageError
from mortar.traces.folder import TraceFolder, read
from mortar.traces.trace import SCHEMA, Trace
from traces.recordings import looked_and_answered

TRACE = looked_and_answered().traces[0]


@pytest.fixture
def folder(tmp_path: Path) -> TraceFolder:
    return TraceFolder(tmp_path / "traces")


def test_a_trace_comes_back_as_it_was(folder: TraceFolder) -> None:
    assert folder.keep(TRACE, most=50) == 1
    assert read(folder.find("1")) == TRACE
    assert read(folder.find("last")) == TRACE


def test_the_oldest_goes_first_and_numbers_go_on_after_a_restart(folder: TraceFolder, tmp_path: Path) -> None:
    for _ in range(5):
        folder.keep(TRACE, most=3)
    assert folder.numbers() == [3, 4, 5]
    again = TraceFolder(tmp_path / "traces")
    assert again.keep(TRACE, most=3) == 6
    again.prune(most=0)
    assert again.numbers() == []


def test_only_its_user_can_read_it(folder: TraceFolder) -> None:
    """Whatever the umask is."""
    before = os.umask(0)
    try:
        folder.keep(TRACE, most=50)
    finally:
        os.umask(before)
    file = folder.find("1")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_full_disk_loses_nothing(folder: TraceFolder) -> None:
    """The kernel takes the first 1,000 bytes of the fourth trace, and no more."""
    for _ in range(3):
        folder.keep(TRACE, most=3)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(MortarError) as raised:
            folder.keep(TRACE, most=3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert raised.value.code == "trace-unwritable"
    assert folder.numbers() == [1, 2, 3]
    assert sorted(os.listdir(folder.find("1").parent)) == ["000001.json", "000002.json", "000003.json"]
    assert folder.keep(TRACE, most=3) == 4


WRITER = """
import sys
from pathlib import Path
from mortar.traces.folder import TraceFolder, read
folder = TraceFolder(Path(sys.argv[1]))
trace = read(Path(sys.argv[2]))
print("begun", flush=True)
while True:
    folder.keep(trace, most=5)
"""


def test_a_kill_at_any_moment_loses_nothing(folder: TraceFolder, tmp_path: Path) -> None:
    """Every trace that is there is whole, and there are always the last five."""
    for _ in range(5):
        folder.keep(TRACE, most=5)
    before = 5
    for moment_ms in range(0, 40, 5):
        command = [sys.executable, "-c", WRITER, str(tmp_path / "traces"), str(folder.find("last"))]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None and writer.stdout.readline()
            time.sleep(moment_ms / 1e3)  # the moment is the point, and any will do
            writer.send_signal(signal.SIGKILL)
        numbers = folder.numbers()
        assert len(numbers) in (5, 6), "one more where it was killed before it removed the oldest"
        assert numbers[-1] >= before
        assert all(read(folder.find(str(number))) == TRACE for number in numbers)
        before = numbers[-1]
    assert before > 5, "no trace was written before a kill"
    folder.keep(TRACE, most=5)
    assert len(folder.numbers()) == 5
    assert len(os.listdir(tmp_path / "traces")) == 5, "what was unfinished was written over"


def test_two_assistants_share_the_numbers(folder: TraceFolder, tmp_path: Path) -> None:
    """They have one data folder; none writes over a trace of the other."""
    folder.keep(TRACE, most=200)
    writer = WRITER.replace("while True", "for _ in range(20)")
    command = [sys.executable, "-c", writer.replace("most=5", "most=200"), str(tmp_path / "traces")]
    both = [subprocess.Popen([*command, str(folder.find("1"))], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert folder.numbers() == list(range(1, 42))


def damaged(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def of_another_kind(file: Path) -> None:
    file.write_text('{"schema": 1, "cues": 7}')


def of_a_newer_program(file: Path) -> None:
    newer = {**msgspec.json.decode(file.read_bytes()), "schema": SCHEMA + 1, "cues": "a scroll"}
    file.write_bytes(msgspec.json.encode(newer))


def gone(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (damaged, "trace-damaged"),
        (emptied, "trace-damaged"),
        (of_another_kind, "trace-damaged"),
        (of_a_newer_program, "trace-newer"),
        (gone, "trace-unreadable"),
    ],
)
def test_a_bad_file_is_named_in_one_line(folder: TraceFolder, spoil: object, code: str) -> None:
    folder.keep(TRACE, most=50)
    file = folder.find("1")
    assert callable(spoil)
    spoil(file)
    with pytest.raises(MortarError) as raised:
        read(file)
    assert raised.value.code == code
    assert str(file) in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["9", "-1", "first", "last", "../../etc/passwd"])
def test_a_run_that_there_is_not(folder: TraceFolder, name: str) -> None:
    with pytest.raises(UsageError, match="no run is kept yet"):
        folder.find(name)
    folder.keep(TRACE, most=50)
    if name != "last":
        with pytest.raises(UsageError, match="the runs 1 to 1 are kept"):
            folder.find(name)


def test_fields_of_later_are_no_damage(folder: TraceFolder) -> None:
    """Within one schema fields may be added: older programs show what they know."""
    folder.keep(TRACE, most=50)
    file = folder.find("1")
    file.write_bytes(msgspec.json.encode({**msgspec.json.decode(file.read_bytes()), "mood": "good"}))
    assert isinstance(read(file), Trace)
