"""The real proxy and the real process, over a stand-in for librknnrt that is compiled here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from mortar.rings import dma
from mortar.runtimes.rknn import place
from mortar.runtimes.rknn.graph import Bounds, RknnGraph, Shape
from mortar.runtimes.rknn.process import Confirm, has_ended
from mortar.settings import Eye
from npu_stub import GIVEN, OUT, PATIENT, STUB, Open, model_text


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("stub") / "librknnrt.so"
    command = ["gcc", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", str(made), str(STUB)]
    subprocess.run(command, check=True)
    return made


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("MORTAR_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def open_graph(library: Path, tmp_path: Path) -> Iterator[Open]:
    """Open a graph; arguments change what it is opened with. Each is closed at the end."""
    opened: list[RknnGraph] = []

    def open_one(
        text: str | None = None,
        *,
        settings: Eye | None = None,
        soc: str = "rk3588",
        given: Shape = GIVEN,
        out: Shape = OUT,
        bounds: Bounds = PATIENT,
        library: Path = library,
        confirm: Confirm = has_ended,
    ) -> RknnGraph:
        model = tmp_path / "model.rknn"
        model.write_text(model_text(soc, given, out) if text is None else text)
        command = place.command(soc, settings or Eye(), "rknn-toolkit2 2.5.0", library)
        graph = RknnGraph(place.UNIT, command, model, given, out, bounds, confirm=confirm)
        opened.append(graph)
        return graph

    yield open_one
    for graph in opened:
        graph.close()


@pytest.fixture
def heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a heap of DMA-BUFs. Where tests run there is none: unsealed memfds stand in for them, which
    other processes can map and write like those. This process takes them for DMA-BUFs, except that there is
    no cache to be brought in step; the NPU's process sees what they are."""
    name = "stands-in-for-a-dma-buf"

    def allocate(size: int) -> int:
        descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
        os.ftruncate(descriptor, dma.whole_pages(size))
        return descriptor

    monkeypatch.setattr(dma, "allocate", allocate)
    monkeypatch.setattr(dma, "is_dma", lambda descriptor: name in os.readlink(f"/proc/self/fd/{descriptor}"))
    monkeypatch.setattr(dma, "cpu_access", lambda descriptor, flags: nullcontext())
