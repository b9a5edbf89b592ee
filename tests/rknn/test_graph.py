"""The NPU's work as the eye sees it: the right numbers where they were wanted, and nothing left behind."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path

import numpy as np
import psutil
import pytest

from mortar.rings.slots import Policy
from mortar.rings.token_ring import TokenRingWriter
from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.rknn.graph import Shape
from mortar.settings import Eye
from npu_stub import OUT, Open, encoded, expected, pictures


def ring(*, is_for_devices: bool) -> TokenRingWriter:
    _, n_tok, n_embd = OUT.dims
    return TokenRingWriter(3, n_tok, n_embd, 3 * n_tok, Policy.BLOCK, is_for_devices=is_for_devices)


def the_child() -> psutil.Process:
    """The one process that this one has started."""
    (child,) = psutil.Process().children()
    return child


def test_two_pictures_in_a_row_are_both_right(open_graph: Open) -> None:
    graph = open_graph()
    assert encoded(graph, 1) and encoded(graph, 2)


def test_it_says_what_it_runs_on(open_graph: Open) -> None:
    graph = open_graph()
    assert graph.versions == {"librknnrt": "2.5.0 (stub@2026-01-01T00:00:00)", "rknpu": "0.9.8"}
    assert (graph.unit, graph.batch) == ("rknn/npu", 1)


def test_the_second_half_of_an_encoder_takes_floats(open_graph: Open) -> None:
    given_shape, out_shape = Shape("float32", (2, 4, 6)), Shape("float32", (2, 4, 16))
    graph = open_graph(given=given_shape, out=out_shape)
    given, out = pictures(3, given_shape), np.zeros(out_shape.dims, np.float32)
    graph.run(given, out)
    assert graph.batch == 2 and (out == expected(given, out_shape)).all()


def test_a_picture_of_another_shape_is_a_defect(open_graph: Open) -> None:
    with pytest.raises(ValueError, match="not the shapes"):
        open_graph().run(np.zeros((1, 8, 9, 3), np.uint8), np.zeros(OUT.dims, np.float32))


@pytest.mark.usefixtures("heap")
def test_the_npu_writes_straight_into_the_slots_of_the_ring(
    open_graph: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each slot is imported by the library once, as is the input: four for any number of pictures."""
    monkeypatch.setenv("STUB_REPORT", str(tmp_path / "report"))
    graph, slots = open_graph(), ring(is_for_devices=True)
    held = [slots.acquire(4) for _ in range(3)]
    for seed in range(9):
        given, slot = pictures(seed), held[seed % 3]
        assert slot is not None
        graph.run(given, slot.array[None])
        assert (slot.array[None] == expected(given)).all()
        assert graph.copies == 0
    graph.close()
    assert json.loads((tmp_path / "report").read_text()) == {"runs": 9, "imports": 4, "cores": 0}


@pytest.mark.usefixtures("heap")
def test_memory_that_the_library_does_not_take_is_copied_to(
    open_graph: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_NO_FD", "1")
    graph, slots = open_graph(), ring(is_for_devices=True)
    given, slot = pictures(1), slots.acquire(4)
    assert slot is not None
    graph.run(given, slot.array[None])
    assert (slot.array[None] == expected(given)).all() and graph.copies == 1


def test_without_a_heap_a_sealed_ring_is_written_by_the_eye(open_graph: Open) -> None:
    graph, slots = open_graph(), ring(is_for_devices=True)
    given, slot = pictures(1), slots.acquire(4)
    assert slot is not None
    graph.run(given, slot.array[None])
    assert (slot.array[None] == expected(given)).all() and graph.copies == 2


@pytest.mark.usefixtures("heap")
def test_of_many_places_the_least_recent_are_let_go(open_graph: Open) -> None:
    """80 places are more than the library is to know at a time; each is right, also the second time."""
    graph = open_graph()
    slots = TokenRingWriter(1, 80 * 4, 16, 80 * 4, Policy.BLOCK, is_for_devices=True)
    slot = slots.acquire(80 * 4)
    assert slot is not None
    places = slot.array.reshape(80, *OUT.dims)
    for seed in (*range(80), *range(80)):
        given = pictures(seed)
        graph.run(given, places[seed])
        assert (places[seed] == expected(given)).all() and graph.copies == 0


@pytest.mark.usefixtures("heap")
def test_a_thousand_pictures_leave_nothing_behind(open_graph: Open) -> None:
    """What were kept of each would be a thousand: descriptors, mappings, pages."""
    graph, slots = open_graph(), ring(is_for_devices=True)
    slot = slots.acquire(4)
    assert slot is not None
    both = (psutil.Process(), the_child())

    def run(n: int) -> None:
        for seed in range(n):
            graph.run(pictures(seed), slot.array[None])

    def descriptors() -> list[int]:
        return [one.num_fds() for one in both]

    def mappings_and_pages() -> list[int]:
        counted = [(len(one.memory_maps(grouped=False)), one.memory_info().rss // 4096) for one in both]
        return [n for pair in counted for n in pair]

    run(50)
    gc.collect()  # of the tests before
    opened, grown = descriptors(), mappings_and_pages()
    run(1_000)
    assert descriptors() == opened
    assert all(after - before < 500 for before, after in zip(grown, mappings_and_pages(), strict=True))


def test_closing_it_ends_the_process_and_frees_its_descriptors(open_graph: Open) -> None:
    open_graph().close()  # what is loaded once is loaded now
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    graph = open_graph()
    encoded(graph, 1)
    child = the_child()
    graph.close()
    assert not child.is_running()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("soc", "cores", "mask"),
    [("rk3588", "auto", 0), ("rk3588", "0+1+2", 7), ("rk3576", "all", 0xFFFF), ("rk3566", "auto", 0)],
)
def test_cores_are_set_where_there_are_several(
    open_graph: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soc: str, cores: str, mask: int
) -> None:
    """0: librknnrt's function for it is not called at all; SoCs of one core refuse it."""
    monkeypatch.setenv("STUB_REPORT", str(tmp_path / "report"))
    monkeypatch.setenv("STUB_SOC", soc)
    open_graph(soc=soc, settings=Eye(npu_cores=cores)).close()
    assert json.loads((tmp_path / "report").read_text())["cores"] == mask


@pytest.mark.parametrize(("soc", "cores"), [("rk3566", "0"), ("rk3576", "2"), ("rk3588", "3")])
def test_cores_that_the_soc_has_not_are_refused(open_graph: Open, soc: str, cores: str) -> None:
    with pytest.raises(UnitFailed) as caught:
        open_graph(soc=soc, settings=Eye(npu_cores=cores))
    assert caught.value.code == "npu-cores-unknown" and soc in caught.value.what
