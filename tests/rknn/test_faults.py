"""Whatever goes wrong with the NPU is one clear error within a bound, or is not noticed at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

from mortar import lease
from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.rknn.graph import Bounds, Shape
from npu_stub import OUT, Open, encoded, expected, model_text, pictures, wait_for_a_queue

BRIEF = Bounds(load_ms=60_000, run_ms=300, wait_ms=100)


@pytest.fixture
def once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first process fails."""
    monkeypatch.setenv("STUB_ONCE", str(tmp_path / "failed"))


def the_child() -> psutil.Process:
    (child,) = psutil.Process().children()
    return child


def failure(open_graph: Open, *arguments: str, **changed: object) -> UnitFailed:
    """Of opening a graph, or else of a picture."""
    with pytest.raises(UnitFailed) as caught:
        encoded(open_graph(*arguments, **changed), 1)
    assert caught.value.what and caught.value.do and "\n" not in str(caught.value)
    return caught.value


# --- return codes and logs ---

AT_INIT = {
    -1: "npu-call-refused",
    -2: "npu-timeout",
    -3: "npu-vanished",
    -4: "npu-memory",
    -5: "npu-call-refused",
    -6: "rknn-model-broken",
    -7: "npu-vanished",
    -8: "npu-call-refused",
    -9: "npu-call-refused",
    -10: "npu-driver-unfit",
    -11: "npu-driver-unfit",
    -12: "npu-driver-unfit",
    -13: "rknn-model-other-soc",
}


@pytest.mark.parametrize(("code", "error"), AT_INIT.items())
def test_every_return_code_is_an_error_of_its_own_kind(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch, code: int, error: str
) -> None:
    monkeypatch.setenv("STUB_FAIL", f"rknn_init:{code}")
    assert failure(open_graph).code == error


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("rknn_query:-5", "npu-call-refused"),
        ("rknn_set_io_mem:-5", "npu-call-refused"),
        ("rknn_mem_sync:-5", "npu-call-refused"),
        ("rknn_create_mem:0", "npu-memory"),
        ("rknn_run:-1", "npu-job-failed"),
        ("rknn_run:-3", "npu-vanished"),
        ("rknn_run:-7", "npu-vanished"),
    ],
)
def test_every_call_is_looked_at(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch, call: str, error: str
) -> None:
    monkeypatch.setenv("STUB_FAIL", call)
    assert failure(open_graph).code == error


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (
            "E RKNN: [12:00:00.000] failed to open rknpu module, need to insmod rknpu dirver!",
            "npu-driver-missing",
        ),
        ("E RKNN: [12:00:00.000] Invalid RKNN model version 6", "npu-runtime-old"),
        ("E RKNN: [12:00:00.000] The rknn model does not match the RKNPU hardware!", "rknn-model-other-soc"),
        ("E RKNN: [12:00:00.000] failed to malloc npu memory, size: 8294400", "npu-memory"),
    ],
)
def test_the_log_says_more_than_a_failure_of_no_name(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch, line: str, error: str
) -> None:
    monkeypatch.setenv("STUB_FAIL", "rknn_init:-1")
    monkeypatch.setenv("STUB_SAYS", line)
    failed = failure(open_graph)
    assert failed.code == error
    assert line in failed.what or error == "npu-runtime-old"


def test_a_library_that_is_not_there(open_graph: Open, tmp_path: Path) -> None:
    assert failure(open_graph, library=tmp_path / "librknnrt.so").code == "npu-runtime-missing"


def test_a_library_that_lacks_a_function(open_graph: Open, tmp_path: Path) -> None:
    other = tmp_path / "librknnrt.so"
    subprocess.run(["gcc", "-shared", "-xc", "/dev/null", "-o", str(other)], check=True)
    failed = failure(open_graph, library=other)
    assert failed.code == "npu-runtime-missing" and "rknn_init" in failed.what


def test_a_library_older_than_the_models_toolkit(open_graph: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_VERSION", "2.3.2")
    failed = failure(open_graph)
    assert failed.code == "npu-runtime-old" and "2.3.2" in failed.what and "2.5.0" in failed.what


# --- models ---


@pytest.mark.parametrize("text", ["", "\x7fgarbage", model_text()[:-5]])
def test_a_model_that_is_empty_garbage_or_truncated(open_graph: Open, text: str) -> None:
    assert failure(open_graph, text).code == "rknn-model-broken"


def test_a_model_for_another_soc(open_graph: Open) -> None:
    failed = failure(open_graph, model_text("rk3566"))
    assert failed.code == "rknn-model-other-soc" and "rk3566" in failed.what


@pytest.mark.parametrize(
    "text",
    [
        model_text(out=Shape("float32", (1, 4, 15))),
        model_text(out=Shape("float32", (1, 9999, 16))),
        model_text(given=Shape("uint8", (1, 8, 16, 3))),
        model_text(given=Shape("uint8", (4, 8, 8, 3))),
    ],
)
def test_a_model_of_another_shape_than_its_sidecar_says_never_runs(open_graph: Open, text: str) -> None:
    assert failure(open_graph, text).code == "rknn-model-shape"


def test_rows_that_would_have_to_be_padded_are_refused(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_PADS", "8")
    failed = failure(open_graph)
    assert failed.code == "rknn-model-shape" and "stride of 16" in failed.what


def test_a_model_that_was_refused_is_given_back(
    open_graph: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library writes its report as the model is destroyed."""
    monkeypatch.setenv("STUB_REPORT", str(tmp_path / "report"))
    failure(open_graph, model_text(out=Shape("float32", (1, 4, 15))))
    assert (tmp_path / "report").exists()


# --- processes that die ---


@pytest.mark.usefixtures("once")
@pytest.mark.parametrize("how", ["crash", "vanish"])
def test_a_process_that_dies_is_replaced_and_the_picture_is_right(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Crashed in the third picture; or the NPU went away in it, and every call since gives -7."""
    if how == "crash":
        monkeypatch.setenv("STUB_RUN", "crash")
        monkeypatch.setenv("STUB_RUN_FROM", "3")
    else:
        monkeypatch.setenv("STUB_FAIL", "rknn_run@3:-7")
    graph = open_graph()
    first = the_child().pid
    assert all(encoded(graph, seed) for seed in range(6))
    assert the_child().pid != first


def test_a_second_death_ends_it(open_graph: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each life dies of its second picture."""
    monkeypatch.setenv("STUB_RUN", "crash")
    monkeypatch.setenv("STUB_RUN_FROM", "2")
    graph = open_graph()
    assert encoded(graph, 1) and encoded(graph, 2)
    with pytest.raises(UnitFailed, match="SIGSEGV") as caught:
        encoded(graph, 3)
    assert caught.value.code == "npu-process-ended" and not caught.value.is_lost


def test_killed_in_the_middle_of_a_job(open_graph: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first life hangs in its second job until it is killed; the second life does that job."""
    monkeypatch.setenv("STUB_RUN", "hang")
    monkeypatch.setenv("STUB_RUN_FROM", "2")
    monkeypatch.setenv("STUB_ONCE", os.environ["MORTAR_RUNTIME_DIR"] + "/hangs")
    graph = open_graph()
    assert encoded(graph, 1)
    hangs, child = Path(os.environ["STUB_ONCE"]), the_child()

    def kill() -> None:
        while not hangs.exists():
            os.sched_yield()
        child.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    assert encoded(graph, 2)
    killer.join()


def test_a_breach_of_the_rules_would_be_seen(open_graph: Open, library: Path, tmp_path: Path) -> None:
    """The stub is no rubber stamp: a run before anything is bound ends the process with the rule."""
    told = subprocess.run(
        [sys.executable, "-c", f"import ctypes; ctypes.CDLL({str(library)!r}).rknn_run(0, None)"],
        capture_output=True,
        text=True,
    )
    assert told.returncode == -signal.SIGABRT and "breach of the rules" in told.stderr


# --- jobs that hang ---


def test_a_hang_is_ended_and_nothing_is_left(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch, runtime_folder: Path
) -> None:
    """The stub ignores SIGTERM. Its lease is free, and the next graph works."""
    monkeypatch.setenv("STUB_RUN", "hang")
    graph = open_graph(bounds=BRIEF)
    child = the_child()
    with pytest.raises(UnitFailed) as caught:
        encoded(graph, 1)
    assert caught.value.code == "npu-too-slow" and not caught.value.is_lost
    assert not child.is_running()
    assert lease.look(runtime_folder / lease.FILE) is None
    monkeypatch.delenv("STUB_RUN")
    assert encoded(open_graph(), 1)


def test_what_sigkill_does_not_end_is_lost_until_reboot(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No process that a test can start survives SIGKILL: the kernel's word that it has ended is withheld."""
    asked: list[float] = []

    def withhold(pidfd: int, within_s: float) -> bool:
        asked.append(within_s)
        return False

    monkeypatch.setenv("STUB_RUN", "hang")
    graph = open_graph(bounds=BRIEF, confirm=withhold)
    with pytest.raises(UnitFailed) as caught:
        encoded(graph, 1)
    assert caught.value.code == "npu-hangs" and caught.value.is_lost
    assert asked == [5.0]


def test_a_slow_job_is_no_hang(open_graph: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_RUN", "50")
    assert encoded(open_graph(), 1)


# --- others who use the NPU ---


def test_another_owner_is_waited_for(open_graph: Open, runtime_folder: Path) -> None:
    graph = open_graph()
    theirs = lease.Lease(runtime_folder / lease.FILE).hold(
        "rknn/npu", "a bench", deadline_ms=60_000, wait_ms=1
    )
    given, out = pictures(1), np.zeros(OUT.dims, np.float32)
    with theirs:
        waiting = threading.Thread(target=graph.run, args=(given, out))
        waiting.start()
        wait_for_a_queue(runtime_folder / lease.FILE)
        assert not out.any()
    waiting.join()
    assert (out == expected(given)).all()


def test_an_owner_that_keeps_it_is_named(open_graph: Open, runtime_folder: Path) -> None:
    graph = open_graph(bounds=Bounds(60_000, 60_000, wait_ms=1))
    held = lease.Lease(runtime_folder / lease.FILE)
    with held.hold("rknn/npu", "a bench", deadline_ms=60_000, wait_ms=1):
        with pytest.raises(UnitFailed) as caught:
            encoded(graph, 1)
        assert caught.value.code == "npu-busy"
        assert str(os.getpid()) in caught.value.what and "a bench" in caught.value.what


# --- the eye's own end ---

EYE = """
import sys
from pathlib import Path
from npu_stub import *
from mortar.runtimes.rknn import place
from mortar.settings import Eye
model = Path(sys.argv[2])
model.write_text(model_text())
command = place.command("rk3588", Eye(), "2.5.0", Path(sys.argv[1]))
graph = RknnGraph("rknn/npu", command, model, GIVEN, OUT, PATIENT)
print(graph._child.pid, flush=True)
encoded(graph, 1)
"""


@pytest.mark.parametrize("is_busy", [False, True])
def test_the_process_dies_with_the_eye(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_busy: bool
) -> None:
    """Killed, so that it can't say goodbye; also while the child is in the driver, and reads no socket."""
    if is_busy:
        monkeypatch.setenv("STUB_RUN", "hang")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    script = EYE if is_busy else EYE + "\nimport signal; signal.pause()"
    eye = subprocess.Popen(
        [sys.executable, "-c", script, str(library), str(tmp_path / "model")], stdout=subprocess.PIPE
    )
    assert eye.stdout is not None
    child = psutil.Process(int(eye.stdout.readline()))
    eye.kill()
    eye.wait()
    child.wait(timeout=60)
    eye.stdout.close()
