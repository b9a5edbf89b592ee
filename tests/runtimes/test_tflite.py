"""TensorFlow Lite: what goes into a graph of any role and precision, and what comes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mortar.errors import MortarError
from mortar.runtimes.forms import Role
from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.tflite import TfliteVisionGraph
from runtimes.graphs import GRAPHS, written
from runtimes.parts import PART, normalised, pixels


def graph(name: str, role: Role) -> TfliteVisionGraph:
    return TfliteVisionGraph(GRAPHS[name].file(name), PART, threads=1, role=role)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_files_are_what_their_recipe_says(name: str) -> None:
    pytest.importorskip("ai_edge_litert")
    assert GRAPHS[name].file(name).read_bytes() == written(GRAPHS[name])


def test_a_float_graph_gets_pixels_as_the_manifest_has_them() -> None:
    given, out = pixels(), np.empty((1, 4, 12), np.float32)
    graph("patches-f32", Role.PATCHES).run(given, out)
    np.testing.assert_allclose(out.ravel(), normalised(given).ravel(), atol=1e-6)


def test_an_int8_graph_gets_pixels_to_half_a_step_of_its_scale() -> None:
    """Beyond what INT8 can hold at that scale they are clipped, not wrapped round."""
    given, out = pixels(), np.empty((1, 4, 12), np.float32)
    graph("patches-int8", Role.PATCHES).run(given, out)
    held = GRAPHS["patches-int8"]
    least, most = ((q - held.zero) * held.scale for q in (-128, 127))
    expected = normalised(given).clip(least, most)
    assert expected.max() < normalised(given).max()
    np.testing.assert_allclose(out.ravel(), expected.ravel(), atol=held.scale / 2 + 1e-6)


def test_what_passes_between_two_int8_graphs_is_float() -> None:
    given, out = np.linspace(-6, 6, 48, dtype=np.float32).reshape(1, 4, 12), np.empty((1, 2, 24), np.float32)
    graph("blocks-int8", Role.BLOCKS).run(given, out)
    held = GRAPHS["blocks-int8"]
    np.testing.assert_allclose(out.ravel(), given.ravel(), atol=held.scale / 2 + 1e-6)


def test_what_is_given_stays_as_it_was() -> None:
    given, floats = pixels(), np.full((1, 4, 12), 0.3, np.float32)
    graph("patches-int8", Role.PATCHES).run(given, np.empty((1, 4, 12), np.float32))
    graph("blocks-int8", Role.BLOCKS).run(floats, np.empty((1, 2, 24), np.float32))
    assert np.array_equal(given, pixels()) and (floats == np.float32(0.3)).all()


def test_a_thousand_pictures_in_a_row() -> None:
    encoder = graph("patches-f32", Role.PATCHES)
    out = np.empty((1, 4, 12), np.float32)
    for seed in range(1_000):
        given = pixels(seed=seed)
        encoder.run(given, out)
        np.testing.assert_allclose(out.ravel(), normalised(given).ravel(), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "role", "said"),
    [
        ("patches-f32", Role.BLOCKS, "takes float32 [1, 4, 4, 3] instead of float32 or int8 [1, any, any]"),
        ("patches-int8", Role.WHOLE, "gives int8 [1, 4, 12] instead of float32 or int8 [1, 2, 24]"),
    ],
)
def test_a_graph_of_another_role_is_refused(name: str, role: Role, said: str) -> None:
    with pytest.raises(MortarError) as caught:
        graph(name, role)
    assert caught.value.code == "vision-model-shape" and said in caught.value.what


def test_a_truncated_file_is_refused_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    damaged = tmp_path / "vision.tflite"
    damaged.write_bytes(GRAPHS["patches-f32"].file("patches-f32").read_bytes()[:200])
    with pytest.raises(MortarError) as caught:
        TfliteVisionGraph(damaged, PART, threads=1, role=Role.PATCHES)
    assert caught.value.code == "vision-model-unusable" and "\n" not in caught.value.what
    assert not isinstance(caught.value, UnitFailed)
    assert capfd.readouterr().err == ""
