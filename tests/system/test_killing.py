"""Any process may die at any time: it comes back, the person hears something, nothing hangs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from mortar_tools.program import Running, mortar
from scenes import table
from system.recordings import ask

STAGES = ("listen_start", "speech_end", "look_start", "answer_start", "speak_start")
WORKERS = ("ears", "listen", "eye", "language", "voice", "assistant")


def arguments(tmp_path: Path) -> list[str | Path]:
    """Two questions, one after the other: the second must be answered after the first went wrong."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    ask(recordings / "1.wav", "what do you see")
    ask(recordings / "2.wav", "what do you see")
    return [
        *("run", "--json", "--mic", recordings),
        *("--camera", table(["cat"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"),
    ]


@pytest.mark.slow  # tests/scenarios kills each once, in the stage that most depends on it
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("worker", WORKERS)
def test_a_killed_worker_comes_back(tmp_path: Path, worker: str, stage: str) -> None:
    """After SIGKILL in any stage: a restart, a sound, and the next question is answered."""
    with Running(tmp_path / "run", arguments(tmp_path)) as run:
        run.until("ready")
        pid = run.pid(worker)
        run.until(stage)
        os.kill(pid, signal.SIGKILL)
        lines = run.to_the_end()
    after = lines[[line["event"] for line in lines].index(stage) :]
    restarts = [line for line in after if line["event"] == "restart"]
    assert [line["process"] for line in restarts] == [worker]
    since_death = after[after.index(restarts[0]) :]
    assert any(line["event"] in ("first_sound", "earcon") for line in since_death)
    exchanges = [line for line in after if line["event"] == "exchange"]
    assert exchanges, "no exchange ended after the death"
    assert exchanges[-1]["trouble"] is None, "the next question is answered"
    assert run.process.returncode == 0


def test_a_killed_supervisor_leaves_nothing(tmp_path: Path) -> None:
    """No process, no socket, no shared memory."""
    with Running(tmp_path / "run", arguments(tmp_path)) as run:
        run.until("listen_start")
        family = psutil.Process(run.process.pid).children(recursive=True)
        assert len(family) >= 7
        run.process.kill()
        _, alive = psutil.wait_procs(family, timeout=30)
        assert not alive
        assert not (tmp_path / "run" / "status.sock").exists()


def test_only_one_assistant_at_a_time(tmp_path: Path) -> None:
    """A second start finds the socket in use, and says so; the first goes on."""
    first = arguments(tmp_path)
    with Running(tmp_path / "run", first) as run:
        run.until("ready")
        ran = mortar(tmp_path / "run", *first)
        assert ran.status == 1
        assert ran.errors.count("\n") == 1
        assert run.status()["processes"]
