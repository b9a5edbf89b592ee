"""An external delegate: one that is compiled here from delegate.c, with every way that it can go wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from mortar.errors import MortarError
from mortar.runtimes.forms import Role
from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.tflite import TfliteVisionGraph
from runtimes.graphs import GRAPHS
from runtimes.parts import PART, pixels

NAME = "patches-int8"


def built(folder: Path, *defined: str) -> str:
    """Path of the delegate, which goes wrong as `defined` says."""
    library = folder / "libdelegate.so"
    source = Path(__file__).with_name("delegate.c")
    options = [f"-D{one}" for one in defined]
    subprocess.run(["cc", "-shared", "-fPIC", *options, "-o", library, source], check=True, timeout=60)
    return str(library)


def opened(delegate: str) -> TfliteVisionGraph:
    return TfliteVisionGraph(GRAPHS[NAME].file(NAME), PART, threads=1, role=Role.PATCHES, delegate=delegate)


def test_the_delegate_computes_and_the_unit_says_so(tmp_path: Path) -> None:
    """It turns every byte over: -1 - q, which no CPU would have made of this graph."""
    graph = opened(built(tmp_path))
    alone = TfliteVisionGraph(GRAPHS[NAME].file(NAME), PART, threads=1, role=Role.PATCHES)
    ours, theirs = np.empty((2, 1, 4, 12), np.float32)
    graph.run(pixels(), ours)
    alone.run(pixels(), theirs)
    assert (graph.unit, alone.unit) == ("tflite/npu", "tflite/cpu")
    held = GRAPHS[NAME]
    np.testing.assert_allclose(ours, (-1 - 2 * held.zero) * held.scale - theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("defined", "code", "said"),
    [
        ("REFUSES", "delegate-unusable", "Failed to load delegate"),
        ("FAILS_AT_LOAD", "delegate-failed", "delegate application failure"),
        ("IDLE", "delegate-failed", "it takes no part of it"),
    ],
)
def test_a_delegate_that_does_not_take_the_graph_is_no_unit(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], defined: str, code: str, said: str
) -> None:
    with pytest.raises(MortarError) as caught:
        opened(built(tmp_path, defined))
    assert caught.value.code == code and said in caught.value.what and "\n" not in caught.value.what
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "content", [None, b"no library", "libc.so.6"], ids=["missing", "text", "no delegate"]
)
def test_a_library_that_is_no_delegate_is_said_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes | str | None
) -> None:
    library = tmp_path / "lib.so"
    if isinstance(content, bytes):
        library.write_bytes(content)
    with pytest.raises(MortarError) as caught:
        opened(content if isinstance(content, str) else str(library))
    assert caught.value.code == "delegate-unusable" and "\n" not in caught.value.what
    assert capfd.readouterr().err == ""


def test_an_npu_that_vanishes_is_a_unit_that_failed(tmp_path: Path) -> None:
    """So that the eye encodes the picture again on the next unit."""
    graph = opened(built(tmp_path, "FAILS_LATER"))
    out = np.empty((1, 4, 12), np.float32)
    graph.run(pixels(), out)
    with pytest.raises(UnitFailed) as caught:
        graph.run(pixels(), out)
    assert "the NPU is gone" in caught.value.what
