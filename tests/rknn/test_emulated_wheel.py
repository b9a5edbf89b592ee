"""The makers' own aarch64 wheel, rknn-toolkit-lite2, run by Mortar under emulation, up to the driver that is missing.

The proxy, the process that owns the NPU and `lite.py` are the real ones; the NPU is not, and nothing here says
anything about one. What is checked is what a person reads: the errors of docs/npu.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.rknn import place
from mortar.runtimes.rknn.graph import RknnGraph
from mortar.settings import Eye, NpuBinding
from npu_stub import GIVEN, OUT, PATIENT, encoded
from rknn.emulated.board import ROOT, assemble, board_files, pinned, stub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NEWEST = "2.5.0"
"""The toolkit that converts; the wheel on the board is pinned to an older one."""

RK3588 = "rockchip,rk3588"

Boot = Callable[..., RknnGraph]


@pytest.fixture(scope="module", params=[pinned(), NEWEST])
def files(request: pytest.FixtureRequest) -> Path:
    return board_files(request.param)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stub(tmp_path_factory.mktemp("librknnrt"))


@pytest.fixture
def boot(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Boot]:
    """Have an emulated board load a model; arguments change what the board has."""
    opened: list[RknnGraph] = []

    def one(
        *,
        compatible: str | None = RK3588,
        library: Path | None = None,
        node: bool = True,
        site: bool = True,
        settings: Eye | None = None,
        **environment: str,
    ) -> RknnGraph:
        python = assemble(tmp_path / "board", files, compatible=compatible, library=library, node=node)
        packages = [ROOT / "firmware", *([files / "opt" / "site"] if site else [])]
        for name, value in {"PYTHONPATH": ":".join(map(str, packages)), **environment}.items():
            monkeypatch.setenv(name, value)
        model = tmp_path / "model.rknn"
        model.write_bytes(b"RKNN" + bytes(4_000))
        settings = settings or Eye(npu_binding=NpuBinding.LITE)
        command = [*python, *place.command("rk3588", settings, "rknn-toolkit2 2.5.0")[1:]]
        graph = RknnGraph(place.UNIT, command, model, GIVEN, OUT, PATIENT)
        opened.append(graph)
        return graph

    yield one
    for graph in opened:
        graph.close()


def told(boot: Boot, **board: object) -> UnitFailed:
    """What a person reads, which is one line and stands in the docs."""
    with pytest.raises(UnitFailed) as caught:
        boot(**board)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_board_without_the_runtime_library(boot: Boot) -> None:
    failed = told(boot)
    assert failed.code == "npu-runtime-missing"
    assert "Can not find dynamic library on RK3588!" in failed.what


def test_a_board_without_the_driver(boot: Boot, library: Path) -> None:
    """The wheel goes as far as the C library, which says what the real one says where there is no driver."""
    says = "E RKNN: [00:00:00.000] failed to open rknpu module, need to insmod rknpu dirver!"
    failed = told(boot, library=library, STUB_INIT="-1", STUB_SAYS=says)
    assert failed.code == "npu-driver-missing"
    assert "failed to open rknpu module" in failed.what


def test_a_container_that_does_not_see_the_npu(boot: Boot) -> None:
    if not Path("/.dockerenv").exists():
        pytest.skip("the wheel looks for /.dockerenv, which no emulation hides or makes")
    failed = told(boot, node=False)
    assert failed.code == "npu-not-in-container"


def test_a_computer_without_an_npu(boot: Boot) -> None:
    assert told(boot, compatible="raspberrypi,5-model-b").code == "npu-not-here"


def test_an_environment_without_the_wheel(boot: Boot) -> None:
    assert told(boot, site=False).code == "npu-binding-missing"


def test_a_picture_goes_through_the_wheel_and_comes_out_right(boot: Boot, library: Path) -> None:
    """Arguments, layout and type of what is handed to it and of what it gives: over a stand-in for the library."""
    graph = boot(library=library)
    assert all(encoded(graph, seed) for seed in range(3))
    assert graph.copies == 1
    assert graph.versions == {"librknnrt": "2.3.2 (stub@2026-01-01T00:00:00)", "rknpu": "0.9.8"}


def test_a_core_is_asked_for(boot: Boot, library: Path) -> None:
    graph = boot(library=library, settings=Eye(npu_binding=NpuBinding.LITE, npu_cores="0+1"))
    assert encoded(graph, 1)


def test_a_job_that_fails(boot: Boot, library: Path) -> None:
    says = "E RKNN: [00:00:00.000] failed to submit!, op id: 1, op name: Conv"
    graph = boot(library=library, STUB_RUN="-1", STUB_SAYS=says)
    with pytest.raises(UnitFailed) as caught:
        graph.run(np.zeros(GIVEN.dims, np.uint8), np.zeros(OUT.dims, np.float32))
    assert caught.value.code == "npu-job-failed"
    assert "failed to submit" in caught.value.what
