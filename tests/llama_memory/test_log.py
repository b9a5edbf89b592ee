"""llama.cpp's log is ours: nothing is printed, nothing that matters is lost."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llama_memory.loads import Load
from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.llama.log import CONTINUED, Log

DEBUG, INFO, WARN, ERROR = 1, 2, 3, 4
"""ggml_log_level."""


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "mortar.runtimes.llama.log")
    return caplog


def seen(lines: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(record.levelno, record.getMessage()) for record in lines.records]


def test_pieces_become_lines(lines: pytest.LogCaptureFixture) -> None:
    log = Log()
    log.write(INFO, "load: ")
    log.write(CONTINUED, "half")
    log.write(CONTINUED, " and half\nand ")
    log.write(CONTINUED, "another\n")
    assert seen(lines) == [(logging.INFO, "load: half and half"), (logging.INFO, "and another")]


def test_a_line_that_nobody_ended_ends_with_the_next(lines: pytest.LogCaptureFixture) -> None:
    log = Log()
    log.write(INFO, "......")
    log.write(WARN, "the context is larger than the model was trained with\n")
    assert [level for level, _ in seen(lines)] == [logging.INFO, logging.WARNING]


def test_levels_are_pythons(lines: pytest.LogCaptureFixture) -> None:
    log = Log()
    for level in (DEBUG, INFO, WARN, ERROR):
        log.write(level, f"{level}\n")
    assert [level for level, _ in seen(lines)] == [
        *(logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
    ]


def test_the_first_error_is_the_cause_and_a_warning_where_there_is_none() -> None:
    log = Log()
    log.begin()
    assert log.said() == ""
    log.write(WARN, "odd\n")
    assert log.said() == ": odd"
    log.write(ERROR, "no tensor of that name\n")
    log.write(ERROR, "failed to load model")  # its line has not ended yet
    assert log.said() == ": no tensor of that name"
    log.begin()
    assert log.said() == "", "of another call"


def test_what_llama_says_of_a_bad_file_is_logged_and_not_printed(
    load: Load, tmp_path: Path, lines: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + bytes(8))
    with pytest.raises(MortarError):
        load(bad)
    assert logging.ERROR in {level for level, _ in seen(lines)}
    assert capfd.readouterr() == ("", "")


def describe(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    picture = resources.session_folder() / "1-what-do-you-see.png"
    return subprocess.run(
        [sys.executable, "-m", "mortar", "describe", picture],
        env={
            **os.environ,
            "MORTAR_RUNTIME_DIR": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_llama_is_silent_unless_one_listens(tmp_path: Path) -> None:
    quiet = describe(tmp_path)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    loud = describe(tmp_path, MORTAR_LOG="info")
    assert loud.stdout == quiet.stdout
    assert "INFO mortar.runtimes.llama.log: llama_kv_cache" in loud.stderr


def test_a_log_level_that_there_is_not_is_wrong_use(tmp_path: Path) -> None:
    ran = describe(tmp_path, MORTAR_LOG="loud")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == ("mortar: there is no MORTAR_LOG=loud; choose one of: debug, info, warning, error\n")
