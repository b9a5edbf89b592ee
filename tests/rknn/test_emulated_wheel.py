"""The makers' aarch64 wheel, rknn-toolkit-lite2, run by Mortar under emulation, up to the missing driver.

The proxy, the process that owns the NPU, `lite.py` and the wheel are the real ones. The NPU is not: nothing
here says anything about one. What is checked is what a person reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.rknn import place
from mortar.runtimes.rknn.graph import Bounds, RknnGraph
from mortar.settings import Eye, NpuBinding
from npu_stub import GIVEN, OUT, encoded
from rknn.emulated.board import ROOT, Board, boot, pinned, stub, wheel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

VERSIONS = (pinned(), "2.5.0")
"""Of the wheel: that of the extra `rk`, and that of the toolkit which converts."""

NO_DRIVER = "E RKNN: [00:00:00.000] failed to open rknpu module, need to insmod rknpu dirver!"
"""What the makers' library says where there is none, as their issue trackers quote it."""

PATIENT = Bounds(load_ms=400_000, run_ms=400_000)
"""An emulated import of numpy takes 10 s on a computer that has nothing else to do."""

Open = Callable[..., RknnGraph]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stub(tmp_path_factory.mktemp("librknnrt"))


@pytest.fixture
def version() -> str:
    return VERSIONS[0]


@pytest.fixture
def packages(version: str) -> list[Path]:
    return [wheel(version)]


@pytest.fixture
def load(packages: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Have a board load a model. `environment` is what the stand-in for its library goes by."""
    opened: list[RknnGraph] = []

    def one(board: Board, cores: str = "auto", **environment: str) -> RknnGraph:
        python = boot(board, tmp_path / "board")
        monkeypatch.setenv("PYTHONPATH", ":".join(map(str, [ROOT / "firmware", *packages])))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        model = tmp_path / "model.rknn"
        model.write_bytes(b"RKNN" + bytes(4_000))
        settings = Eye(npu_binding=NpuBinding.LITE, npu_cores=cores)
        command = [*python, *place.command("rk3588", settings, "rknn-toolkit2 2.5.0")[1:]]
        graph = RknnGraph(place.UNIT, command, model, GIVEN, OUT, PATIENT)
        opened.append(graph)
        return graph

    yield one
    for graph in opened:
        graph.close()


def told(load: Open, board: Board, **environment: str) -> UnitFailed:
    """What a person reads: one line, which stands in docs/npu.md."""
    with pytest.raises(UnitFailed) as caught:
        load(board, **environment)
    assert "\n" not in str(caught.value)
    assert f"| `{caught.value.code}` |" in (ROOT / "docs" / "npu.md").read_text(encoding="utf-8")
    return caught.value


@pytest.mark.parametrize("version", VERSIONS)
def test_a_board_without_the_runtime_library(load: Open) -> None:
    failed = told(load, Board())
    assert failed.code == "npu-runtime-missing"
    assert "Can not find dynamic library on RK3588!" in failed.what


@pytest.mark.parametrize("version", VERSIONS)
def test_a_board_without_the_driver(load: Open, library: Path) -> None:
    failed = told(load, Board(library=library), STUB_FAIL="rknn_init:-1", STUB_SAYS=NO_DRIVER)
    assert failed.code == "npu-driver-missing"
    assert "failed to open rknpu module" in failed.what
    assert "overlay" in failed.do


def test_a_container_that_does_not_see_the_npu(load: Open) -> None:
    if not Path("/.dockerenv").exists():
        pytest.skip("the wheel looks for /.dockerenv at the host's root, and this is no container")
    assert told(load, Board(has_node=False)).code == "npu-not-in-container"


def test_a_board_without_an_npu(load: Open) -> None:
    assert told(load, Board(compatible="raspberrypi,5-model-b")).code == "npu-not-here"


def test_an_environment_without_the_wheel(packages: list[Path], load: Open, tmp_path: Path) -> None:
    numpy = tmp_path / "packages"
    numpy.mkdir()
    for path in packages[0].glob("numpy*"):
        (numpy / path.name).symlink_to(path)
    packages[:] = [numpy]
    assert told(load, Board()).code == "npu-binding-missing"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_picture_goes_through_the_wheel_and_comes_out_right(load: Open, library: Path) -> None:
    """Values, layout and type, both ways."""
    graph = load(Board(library=library))
    assert all(encoded(graph, seed) for seed in range(3))
    assert graph.versions == {"librknnrt": "2.3.2 (stub@2026-01-01T00:00:00)", "rknpu": "0.9.8"}


def test_cores_are_set(load: Open, library: Path) -> None:
    assert encoded(load(Board(library=library), cores="0+1"), 1)


@pytest.mark.parametrize("call", ["rknn_inputs_set", "rknn_run", "rknn_outputs_get"])
def test_a_job_that_fails_is_noticed(load: Open, library: Path, call: str) -> None:
    """The wheel itself gives a result all the same where rknn_run fails."""
    says = "E RKNN: [00:00:00.000] failed to submit!, op id: 1, op name: Conv"
    graph = load(Board(library=library), STUB_FAIL=f"{call}:-1", STUB_SAYS=says)
    with pytest.raises(UnitFailed) as caught:
        graph.run(np.zeros(GIVEN.dims, np.uint8), np.zeros(OUT.dims, np.float32))
    assert caught.value.code == "npu-job-failed"
    assert "failed to submit" in caught.value.what
