"""The engine on rknn-toolkit-lite2: every return value is looked at, and its log is what the error says."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from mortar.rings.slots import Policy
from mortar.rings.token_ring import TokenRingWriter
from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.rknn.errors import last_words
from mortar.runtimes.rknn.graph import Shape
from mortar.settings import Eye, NpuBinding
from npu_stub import Open, encoded, expected, model_text, pictures

LITE = Eye(npu_binding=NpuBinding.LITE)


@pytest.fixture
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path(__file__).parent / "stand_in"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(here), os.environ.get("PYTHONPATH", "")]))


def failure(open_graph: Open, *arguments: str, settings: Eye = LITE) -> UnitFailed:
    with pytest.raises(UnitFailed) as caught:
        encoded(open_graph(*arguments, settings=settings), 1)
    return caught.value


@pytest.mark.usefixtures("_stand_in")
def test_pictures_in_a_row_are_right(open_graph: Open) -> None:
    graph = open_graph(settings=LITE)
    assert encoded(graph, 1) and encoded(graph, 2)
    assert graph.versions == {"librknnrt": "2.5.0 (stand-in@2026-01-01T00:00:00)", "rknpu": "0.9.8"}


@pytest.mark.usefixtures("_stand_in", "heap")
def test_the_result_is_copied_once_into_the_ring(open_graph: Open) -> None:
    graph = open_graph(settings=LITE)
    slots = TokenRingWriter(2, 4, 16, 8, Policy.BLOCK, is_for_devices=True)
    slot = slots.acquire(4)
    assert slot is not None
    graph.run(pictures(1), slot.array[None])
    assert (slot.array[None] == expected(pictures(1))).all() and graph.copies == 1


@pytest.mark.usefixtures("_stand_in")
def test_cores_are_passed_on(open_graph: Open) -> None:
    """The stand-in takes no other mask than that of two cores, and none where none is set."""
    assert encoded(open_graph(settings=Eye(npu_binding=NpuBinding.LITE, npu_cores="0+1")), 1)


@pytest.mark.usefixtures("_stand_in")
@pytest.mark.parametrize(
    ("call", "line", "error"),
    [
        ("load_rknn", "E Invalid RKNN model path: m.rknn", "npu-call-refused"),
        ("init_runtime", "E Exception: Can not find dynamic library on RK3588!", "npu-runtime-missing"),
        ("init_runtime", "E Exception: Unsupported run platform: Linux x86_64", "npu-not-here"),
        (
            "init_runtime",
            "E RKNN: failed to open rknpu module, need to insmod rknpu dirver!",
            "npu-driver-missing",
        ),
        ("init_runtime", "E Exception: RKNN init failed. error code: RKNN_ERR_FAIL", "npu-call-refused"),
        (
            "init_runtime",
            "E RKNN init failed. error code: RKNN_ERR_TARGET_PLATFORM_UNMATCH",
            "rknn-model-other-soc",
        ),
        ("get_sdk_version", "E Catch exception when get sdk version", "npu-call-refused"),
        ("inference", "E RKNN: failed to submit!, op id: 1", "npu-job-failed"),
        ("inference", "E Catch exception when running RKNN model.", "npu-job-failed"),
        ("rknn_run", "E RKNN: failed to submit!, op id: 1", "npu-job-failed"),
    ],
)
def test_what_it_only_logs_is_an_error(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch, call: str, line: str, error: str
) -> None:
    monkeypatch.setenv("LITE_FAILS", call)
    monkeypatch.setenv("LITE_SAYS", line)
    assert failure(open_graph).code == error


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", ""),
        ("I RKNN: 2.5.0\nE RKNN: one\nE RKNN: two\n", "E RKNN: one"),
        (
            "W *****\nW !!! It is missing\nE Catch exception when init runtime!\n"
            "E Traceback (most recent call last):\n"
            '  File "rknn_lite.py", line 148\nException: Can not find it!\nPlease download it\n\n',
            "Exception: Can not find it!",
        ),
        (
            "Traceback (most recent call last):\n  File x\nModuleNotFoundError: no x\n",
            "ModuleNotFoundError: no x",
        ),
        ("one\ntwo\n*****\n", "two"),
    ],
)
def test_of_a_log_the_line_that_tells_is_quoted(log: str, line: str) -> None:
    """Of the wheel's tracebacks the last line, of librknnrt's errors the first."""
    assert last_words(log) == line


@pytest.mark.usefixtures("_stand_in")
def test_garbage_that_loads_with_0_is_refused_by_what_comes_next(open_graph: Open) -> None:
    assert failure(open_graph, "\x7fgarbage").code == "rknn-model-broken"


@pytest.mark.usefixtures("_stand_in")
def test_an_output_of_another_size_is_refused(open_graph: Open) -> None:
    failed = failure(open_graph, model_text(out=Shape("float32", (1, 5, 16))))
    assert failed.code == "rknn-model-shape" and "80" in failed.what


@pytest.mark.skipif(importlib.util.find_spec("rknnlite") is not None, reason="it is installed here")
def test_without_the_package_it_says_what_to_install(open_graph: Open) -> None:
    assert failure(open_graph).code == "npu-binding-missing"
