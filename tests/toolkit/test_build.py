"""Building a .rknn, on a small toolkit."""

import json
from pathlib import Path

import numpy as np
import pytest

from mortar.errors import MortarError
from mortar.runtimes.forms import Precision
from mortar_tools.vision.toolkit import ToolkitConfig, build
from toolkit.environments import make_graph, pictures


@pytest.fixture
def graph(installed_toolkit: Path, tmp_path: Path) -> Path:
    return make_graph(tmp_path / "vision.onnx")


def test_a_graph_takes_8_bit_pictures(graph: Path, tmp_path: Path) -> None:
    """What the model wants of a value between 0 and 1, the toolkit wants of one between 0 and 255."""
    built = build(
        graph, tmp_path / "out.rknn", ToolkitConfig("rk3576", mean=(0.5, 0.5, 0.5), std=(1, 1, 0.5))
    )
    assert built.config == {
        "target_platform": "rk3576",
        "mean_values": [[127.5, 127.5, 127.5]],
        "std_values": [[255, 255, 127.5]],
    }
    assert json.loads(built.path.read_text()) == {"quantised": False, "samples": []}
    assert built.toolkit == "rknn-toolkit2 2.5.0" and "version: 2.5.0" in built.log


def test_the_second_half_of_an_encoder_takes_floats_as_they_are() -> None:
    assert ToolkitConfig("rk3588", mean=None, std=None).arguments() == {"target_platform": "rk3588"}


def test_int8_is_calibrated(graph: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "calibration.npy", pictures(3))
    config = ToolkitConfig("rk3588", Precision.INT8, calibration=tmp_path / "calibration.npy")
    told = json.loads(build(graph, tmp_path / "out.rknn", config).path.read_text())
    assert told == {"quantised": True, "samples": 3 * [[1, 3, 4, 6]]}


@pytest.mark.parametrize(
    "config",
    [
        ToolkitConfig("rk3588", Precision.INT8),
        ToolkitConfig("rk3588", Precision.F16, calibration=Path("calibration.npy")),
        ToolkitConfig("rk3588", Precision.HYBRID, calibration=Path("calibration.npy")),
        ToolkitConfig("rk3588", Precision.INT8, calibration=Path("calibration.npy"), float_layers=("one",)),
    ],
)
def test_what_does_not_go_together_is_refused(config: ToolkitConfig, tmp_path: Path) -> None:
    with pytest.raises(MortarError) as caught:
        build(tmp_path / "vision.onnx", tmp_path / "out.rknn", config)
    assert caught.value.code == "toolkit-config-wrong"


def test_a_graph_that_is_refused_leaves_no_file(installed_toolkit: Path, tmp_path: Path) -> None:
    with pytest.raises(MortarError) as caught:
        build(tmp_path / "none.onnx", tmp_path / "out.rknn", ToolkitConfig("rk3588"))
    assert caught.value.code == "toolkit-refused"
    assert list(tmp_path.iterdir()) == []
